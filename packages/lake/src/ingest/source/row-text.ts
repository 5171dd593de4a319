import { SluiceError } from '@sluice/core'
import { kind, type RowKinds } from './row-kinds.ts'

/** Writes rows as lines of JSON, and notes on the way what each column holds: the same pass tells its type. */
export interface RowText {
  readonly kinds: RowKinds
  /** One row as a line, with its line end. Throws `LOAD_ROW_INVALID`. */
  line(row: unknown): string
}

interface Column {
  readonly name: string
  /** `"name":` */
  readonly head: string
  kinds: number
}

const beyondLong = 2n ** 63n
const beyondDecimal = 10n ** 38n

export function createRowText(): RowText {
  const columns = new Map<string, Column>()
  // Rows mostly have the same names in the same order: comparing with the row before is faster than looking them up.
  let expected: Column[] = []
  let rows = 0
  const columnOf = (name: string, place: number): Column => {
    const likely = expected[place]
    if (likely?.name === name) return likely
    let column = columns.get(name)
    if (column === undefined) columns.set(name, (column = { name, head: `${JSON.stringify(name)}:`, kinds: 0 }))
    if (place === 0) expected = []
    expected[place] = column
    return column
  }
  return {
    get kinds() {
      return new Map([...columns.values()].map((column) => [column.name, column.kinds]))
    },
    line(row) {
      rows += 1
      if (typeof row !== 'object' || row === null || Array.isArray(row)) throw invalid(rows, 'it is no object')
      let text = ''
      let place = 0
      for (const name of Object.keys(row)) {
        const column = columnOf(name, place)
        place += 1
        const value = valueText(column, (row as Readonly<Record<string, unknown>>)[name], rows)
        if (value !== undefined) text += (text === '' ? '{' : ',') + column.head + value
      }
      return text === '' ? '{}\n' : `${text}}\n`
    },
  }
}

/** A value as JSON; undefined: there is none. */
function valueText(column: Column, value: unknown, row: number): string | undefined {
  switch (typeof value) {
    case 'number':
      return numberText(column, value)
    case 'string':
      column.kinds |= looksDated(value) ? kind.dated : kind.text
      return JSON.stringify(value.toWellFormed())
    case 'boolean':
      column.kinds |= kind.boolean
      return value ? 'true' : 'false'
    case 'bigint':
      column.kinds |= bigintKind(value)
      return String(value)
    case 'undefined':
      return undefined
    case 'object':
      return value === null ? undefined : objectText(column, value, row)
    default:
      throw invalid(row, `its '${column.name}' is a ${typeof value}`)
  }
}

function objectText(column: Column, value: object, row: number): string {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw invalid(row, `its '${column.name}' is an invalid Date`)
    column.kinds |= kind.instant
    return dateText(value)
  }
  if (value instanceof Uint8Array) {
    column.kinds |= kind.bytes
    return hexText(value)
  }
  column.kinds |= kind.nested
  return nestedText(value, row, column.name, 0)
}

function hexText(value: Uint8Array): string {
  return `"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}"`
}

function numberText(column: Column, value: number): string {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    column.kinds |= kind.integer
    return String(value)
  }
  column.kinds |= kind.float
  return floatText(value)
}

// JSON has no NaN and no infinities, but DuckDB reads them.
function floatText(value: number): string {
  return Object.is(value, -0) ? '-0.0' : String(value)
}

function bigintKind(value: bigint): number {
  const size = value < 0n ? -value : value
  if (size < beyondLong) return size <= BigInt(Number.MAX_SAFE_INTEGER) ? kind.integer : kind.long
  return size < beyondDecimal ? kind.huge : kind.endless
}

/** ISO text: years beyond 9999 without the sign that DuckDB does not read. */
function dateText(value: Date): string {
  return `"${value.toISOString().replace(/^\+0*/, '')}"`
}

function looksDated(value: string): boolean {
  return value.length >= 8 && value.length <= 40 && /^\d{2,6}[-:]\d\d/.test(value)
}

/** Deeper than this is a circle, or no table. */
const deepest = 100

function nestedText(value: unknown, row: number, column: string, depth: number): string {
  if (depth > deepest) throw invalid(row, `its '${column}' is nested more than ${deepest} levels deep`)
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number') return floatText(value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed())
  if (value instanceof Date) return dateText(value)
  if (value instanceof Uint8Array) return hexText(value)
  if (Array.isArray(value)) return `[${value.map((item) => nestedText(item, row, column, depth + 1)).join(',')}]`
  if (typeof value !== 'object') throw invalid(row, `its '${column}' holds a ${typeof value}`)
  const members = value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value)
  const texts = members
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(String(name))}:${nestedText(member, row, column, depth + 1)}`)
  return `{${texts.join(',')}}`
}

function invalid(row: number, problem: string): SluiceError {
  return new SluiceError('LOAD_ROW_INVALID', { row, problem })
}
