import { identifier, literal, literals } from '../../duckdb/quote.ts'
import type { CsvDialect } from '../csv/csv-dialect.ts'
import type { CsvFile } from '../source/source-file.ts'
import type { RawColumn, Reading } from './reading.ts'

interface CsvReader {
  readonly header: boolean
  readonly lineEnd: CsvFile['lineEnd']
  /** What DuckDB is to read a column as, where that is known to be right. */
  readonly types?: readonly (string | undefined)[]
}

/** DuckDB's strict reader, told everything, as what it guesses is wrong for some: the line end too, which may be another one in quotes. Columns go by
 * their place, as texts unless their types are said. */
export function csvFrom(
  path: string,
  dialect: CsvDialect,
  columns: readonly string[],
  { header, lineEnd, types }: CsvReader,
): string {
  const columnTypes = columns.map((name, i) => `${literal(name)}: ${literal(types?.[i] ?? 'VARCHAR')}`).join(', ')
  const nulls = dialect.nullText.length === 0 ? '' : `, nullstr=${literals(['', ...dialect.nullText])}`
  return (
    `read_csv(${literal(path)}, auto_detect=false, delim=${literal(dialect.delimiter)}, quote=${literal(dialect.quote)}, ` +
    `escape=${literal(dialect.escape)}, header=${header}, new_line='${lineEnd === '\n' ? '\\n' : '\\r\\n'}', compression='none', columns={${columnTypes}}${nulls})`
  )
}

/** A CSV file's rows; types of its columns are not known yet. */
export function readCsv(file: CsvFile, names: readonly string[]): Reading {
  return {
    file,
    from: csvRows(file),
    columns: csvColumns(file, names),
    records: file.records,
  }
}

/** For FROM: the columns of a file as texts, or as these types. */
export function csvRows(file: CsvFile, types?: readonly (string | undefined)[]): string {
  const { path, dialect, lineEnd } = file
  const places = dialect.columns.map((_, i) => `c${i}`)
  return csvFrom(path, dialect, places, { header: dialect.header, lineEnd, ...(types && { types }) })
}

export function csvColumns(file: CsvFile, names: readonly string[]): readonly RawColumn[] {
  return names.map((name, i) => ({
    source: file.dialect.columns[i] ?? name,
    name,
    value: identifier(`c${i}`),
    duckType: undefined,
    type: undefined,
    guessed: true,
  }))
}
