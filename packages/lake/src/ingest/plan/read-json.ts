import { SluiceError } from '@sluice/core'
import type { DuckSession } from '../../duckdb/duck-session.ts'
import { identifier, literal } from '../../duckdb/quote.ts'
import type { IcebergType } from '../../format/schema.ts'
import { type TextType, textTypes } from '../columns/inferred-sql.ts'
import { placeKeys } from '../careful/split-json.ts'
import { kind } from '../source/row-kinds.ts'
import type { JsonFile } from '../source/source-file.ts'
import { typedColumn } from './read-parquet.ts'
import type { RawColumn, Reading } from './reading.ts'

/** A column of a JSON file before it has a name in the table. */
export interface JsonColumn {
  readonly key: string
  /** DuckDB's type to read it with. */
  readonly read: string
  /** SQL around the value that is read. */
  readonly wrap?: (value: string) => string
  readonly type: IcebergType | undefined
  /** The source says its type: it is no text to be looked at. */
  readonly told?: true
  /** What a text may be, where it is read as a text to be looked at. */
  readonly candidates: readonly TextType[]
}

const numbers: readonly TextType[] = ['long', 'decimal(38, 0)', 'double']
const times: readonly TextType[] = ['date', 'time', 'timestamp', 'timestamptz']

/** A JSON file's rows, one object per line. Columns and their rough kinds are looked for in all of it. `placed`: its lines have
 * their places in front. */
export async function readJson(
  session: DuckSession,
  file: JsonFile,
  nameAll: (sources: readonly string[]) => readonly string[],
  placed = false,
): Promise<{ readonly reading: Reading; readonly candidates: readonly (readonly TextType[])[] }> {
  const all = await jsonColumns(session, file)
  const columns = all.filter(({ key }) => !isPlace(key))
  const names = nameAll(columns.map(({ key }) => key))
  const raw = columns.map((column, i) => rawColumn(column, names[i] ?? column.key, identifier(column.key)))
  const places = placed ? Object.values(placeKeys).map((key) => `${literal(key)}: 'BIGINT'`) : []
  const types = [...places, ...columns.map(({ key, read }) => `${literal(key)}: ${literal(read)}`)].join(', ')
  const from = types === '' ? noColumns(file) : `${jsonFrom(file.path)}, columns={${types}})`
  return {
    reading: { file, from, columns: raw, records: file.records },
    candidates: columns.map(({ candidates }) => candidates),
  }
}

async function jsonColumns(session: DuckSession, file: JsonFile): Promise<readonly JsonColumn[]> {
  if (file.types !== undefined) return [...file.types].map(([key, { read, isBytes }]) => toldColumn(key, read, isBytes))
  const kinds = file.kinds
  if (file.records === 0) return []
  if (kinds !== undefined && ![...kinds.values()].some((bits) => (bits & kind.nested) !== 0))
    return [...kinds].map(([key, bits]) => kindColumn(key, bits))
  const found = await session.columns(
    `SELECT * FROM ${jsonFrom(file.path)}, sample_size=-1, maximum_depth=-1, map_inference_threshold=-1, field_appearance_threshold=0)`,
  )
  await requireKeys(
    session,
    file,
    found.map(({ name }) => name),
  )
  return found.map(({ name, type }) => {
    const bits = kinds?.get(name)
    return bits === undefined || (bits & kind.nested) !== 0 ? sniffedColumn(name, type) : kindColumn(name, bits)
  })
}

/**
 * DuckDB tells names apart whatever their case, and calls the second of `a` and `A` `A_1`, under which it then finds nothing. Throws
 * `LOAD_COLUMN_INVALID`.
 */
async function requireKeys(session: DuckSession, file: JsonFile, names: readonly string[]): Promise<void> {
  const known = new Set(names.map((name) => name.toLowerCase()))
  const numbered = names.filter((name) => /_\d+$/.test(name) && known.has(name.replace(/_\d+$/, '').toLowerCase()))
  if (numbered.length === 0) return
  const [found] = await session.all<{ keys: readonly string[] | null }>(
    `SELECT json_keys(json_group_structure(json)) AS keys FROM ${jsonFrom(file.path)}, columns={'json': 'JSON'}, records=false)`,
  )
  const seen = new Map<string, string>()
  for (const key of found?.keys ?? []) {
    const other = seen.get(key.toLowerCase())
    if (other !== undefined)
      throw new SluiceError('LOAD_COLUMN_INVALID', {
        source: file.label ?? 'rows',
        column: key,
        problem: `it and '${other}' differ by nothing but small and capital letters`,
      })
    seen.set(key.toLowerCase(), key)
  }
}

function isPlace(key: string): boolean {
  return Object.values<string>(placeKeys).includes(key)
}

function jsonFrom(path: string): string {
  return `read_json(${literal(path)}, format='newline_delimited', compression='uncompressed', maximum_object_size=33554432`
}

/** Rows without a single value are rows. */
function noColumns(file: JsonFile): string {
  return `range(${file.records})`
}

function rawColumn(column: JsonColumn, name: string, value: string): RawColumn {
  const asText = {
    source: column.key,
    name,
    value,
    duckType: undefined,
    type: column.type,
    guessed: column.candidates.length > 0,
  }
  if (column.read === 'VARCHAR' && column.wrap === undefined && column.told !== true) return asText
  return { ...typedColumn(column.key, name, column.wrap?.(value) ?? value, column.wrap ? 'BLOB' : column.read) }
}

function toldColumn(key: string, read: string, isBytes: boolean): JsonColumn {
  const column = { ...typed(key, read, 'string'), told: true as const }
  return isBytes ? { ...column, wrap: (value) => `unhex(${value})` } : column
}

/** DuckDB's guess tells numbers from texts and nested values; which number or time it is we look for ourselves. */
function sniffedColumn(key: string, type: string): JsonColumn {
  if (/^(?:STRUCT|MAP)\(|\]$/.test(type)) return { key, read: exactNested(type), type: undefined, candidates: [] }
  if (type === 'BOOLEAN') return text(key, ['boolean'])
  if (/^(?:U?BIGINT|U?HUGEINT|DOUBLE)$/.test(type)) return text(key, numbers)
  if (/^(?:DATE|TIME|TIMESTAMP.*|VARCHAR|UUID)$/.test(type)) return text(key, times)
  return { ...text(key, []), type: 'string' }
}

/**
 * Inside nested values nothing is looked at again: integers beyond 64 bits are decimals there, times stay texts, as DuckDB drops
 * their zones.
 */
function exactNested(type: string): string {
  return type
    .replaceAll(/\b(?:U?HUGEINT|UBIGINT)(?=[,)[]|$)/g, 'DECIMAL(38,0)')
    .replaceAll(/(?<!["\w])(?:JSON|UUID|DATE|TIME|TIMESTAMP(?: WITH TIME ZONE)?|"?NULL"?)(?=[,)[]|$)/g, 'VARCHAR')
}

/** Rows that we wrote ourselves: what a column holds is known. */
function kindColumn(key: string, bits: number): JsonColumn {
  const only = (allowed: number): boolean => bits !== 0 && (bits & ~allowed) === 0
  if (only(kind.integer | kind.long)) return typed(key, 'BIGINT', 'long')
  if (only(kind.integer | kind.long | kind.huge)) return typed(key, 'DECIMAL(38,0)', 'decimal(38, 0)')
  if (only(kind.integer | kind.float)) return typed(key, 'DOUBLE', 'double')
  if (only(kind.boolean)) return typed(key, 'BOOLEAN', 'boolean')
  if (only(kind.instant)) return typed(key, 'TIMESTAMP WITH TIME ZONE', 'timestamptz')
  if (only(kind.bytes)) return { ...typed(key, 'VARCHAR', 'binary'), wrap: (value) => `unhex(${value})` }
  if (only(kind.dated | kind.instant)) return text(key, times)
  return bits === 0 ? text(key, textTypes) : { ...text(key, []), type: 'string' }
}

function typed(key: string, read: string, type: IcebergType): JsonColumn {
  return { key, read, type, candidates: [] }
}

function text(key: string, candidates: readonly TextType[]): JsonColumn {
  return { key, read: 'VARCHAR', type: undefined, candidates }
}
