import type { DuckSession } from '../../duckdb/duck-session.ts'
import type { IcebergType } from '../../format/schema.ts'
import { declaredColumns } from '../columns/declared-columns.ts'
import { textToSql } from '../columns/given-sql.ts'
import { contractRules } from '../contract-rules.ts'
import type { LoadRequest } from '../load-request.ts'
import type { RawColumn, Reading } from '../plan/reading.ts'

interface Widening {
  readonly column: RawColumn
  /** SQL of a number that tells what is needed. */
  readonly measure: string
  readonly widen: (measured: number) => IcebergType | undefined
}

/**
 * Texts that the table's column is too narrow for, and a wider type of Iceberg's is not: these columns want that type, so that
 * the table evolves and no row is rejected.
 */
export async function widenTexts(session: DuckSession, request: LoadRequest, reading: Reading): Promise<Reading> {
  const rules = contractRules(request)
  const declared = [...declaredColumns(request.declared)].filter(([name]) => rules.types(name) === 'evolve')
  const fields = new Map([
    ...declared.map(([name, { type }]) => [name, type] as const),
    ...(request.table?.schema.fields ?? []).map((field) => [field.name, field.type] as const),
  ])
  const open = reading.columns.filter(({ name }) => ['evolve', 'quarantine'].includes(rules.types(name)))
  const widenings = open.flatMap((column) => wideningOf(column, fields.get(column.name)) ?? [])
  if (widenings.length === 0) return reading
  const measures = widenings.map(({ measure }, i) => `${measure} AS m${i}`).join(', ')
  const [found] = await session.all<Record<string, number | null>>(`SELECT ${measures} FROM ${reading.from}`)
  const types = new Map(widenings.map(({ column, widen }, i) => [column, widen(found?.[`m${i}`] ?? 0)]))
  const columns = reading.columns.map((column) => {
    const type = types.get(column)
    if (type === undefined) return column
    // What was proved was of the narrower type.
    const { proved: _, ...rest } = column
    return { ...rest, type, guessed: false }
  })
  return { ...reading, columns }
}

function wideningOf(column: RawColumn, type: IcebergType | undefined): Widening | undefined {
  if (column.duckType !== undefined || typeof type !== 'string') return undefined
  const { value } = column
  if (type === 'int') {
    const measure = `count(*) FILTER ((${textToSql('int', value)}) IS NULL AND (${textToSql('long', value)}) IS NOT NULL)`
    return { column, measure, widen: (misfits) => (misfits > 0 ? 'long' : undefined) }
  }
  const parts = /^decimal\((?<precision>\d+),\s*(?<scale>\d+)\)$/.exec(type)?.groups
  if (parts === undefined) return undefined
  const [precision, scale] = [Number(parts['precision']), Number(parts['scale'])]
  const digits = `strlen(ltrim(split_part(trim(${value}), '.', 1), '+-0'))`
  const measure = `max(${digits}) FILTER ((${textToSql(`decimal(38, ${scale})`, value)}) IS NOT NULL)`
  return {
    column,
    measure,
    widen: (most) => (most + scale > precision ? `decimal(${most + scale}, ${scale})` : undefined),
  }
}
