import { duckdbType } from '../../duckdb/duckdb-types.ts'
import type { PlainForm, PlainKind } from '../csv/plain-csv.ts'
import type { SchemaPlan } from './plan-schema.ts'
import { csvRows } from './read-csv.ts'
import type { RawColumn, Reading } from './reading.ts'

/** A CSV file that DuckDB reads typed, while somebody else proves that it may. */
export interface PlainReading {
  readonly reading: Reading
  readonly path: string
  /** What all of the file must be written in. */
  readonly form: PlainForm
}

/** Undefined: it is read otherwise. */
export function plainReading(plan: SchemaPlan, { file, ...reading }: Reading): PlainReading | undefined {
  if (file.format !== 'csv') return undefined
  const kinds = reading.columns.map((column) => kindOf(plan, column))
  const types = kinds.map((kind) => (kind === 'text' ? undefined : duckdbType(kind)))
  const columns = reading.columns.map((column, i): RawColumn => {
    const kind = kinds[i]
    return kind === undefined || kind === 'text' ? column : { ...column, duckType: types[i], type: kind }
  })
  return {
    reading: { ...reading, file, columns, from: csvRows(file, types) },
    path: file.path,
    form: { dialect: file.dialect, lineEnd: file.lineEnd, kinds },
  }
}

/** Texts of other types, and texts that are to be tested as they stand, are converted as ever. */
function kindOf({ schema, declared, dropped }: SchemaPlan, { name }: RawColumn): PlainKind {
  const type = dropped.has(name) ? undefined : schema.fields.find((field) => field.name === name)?.type
  if (declared.get(name)?.accepted !== undefined) return 'text'
  return type === 'long' || type === 'double' || type === 'date' || type === 'timestamp' ? type : 'text'
}
