import { identifier, literal, literals } from '../../duckdb/quote.ts'
import type { CsvDialect } from '../csv/csv-dialect.ts'
import type { CsvFile } from '../source/source-file.ts'
import type { RawColumn, Reading } from './reading.ts'

/** DuckDB's strict reader, told everything, as what it guesses is wrong for some: the line end too, which may be another one in quotes. Columns go by
 * their place, as texts. */
export function csvFrom(
  path: string,
  dialect: CsvDialect,
  columns: readonly string[],
  { header, lineEnd }: { readonly header: boolean; readonly lineEnd: CsvFile['lineEnd'] },
): string {
  const types = columns.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ')
  const nulls = dialect.nullText.length === 0 ? '' : `, nullstr=${literals(['', ...dialect.nullText])}`
  return (
    `read_csv(${literal(path)}, auto_detect=false, delim=${literal(dialect.delimiter)}, quote=${literal(dialect.quote)}, ` +
    `escape=${literal(dialect.escape)}, header=${header}, new_line='${lineEnd === '\n' ? '\\n' : '\\r\\n'}', compression='none', columns={${types}}${nulls})`
  )
}

/** A CSV file's rows; types of its columns are not known yet. */
export function readCsv(file: CsvFile, names: readonly string[]): Reading {
  const places = names.map((_, i) => `c${i}`)
  return {
    file,
    from: csvFrom(file.path, file.dialect, places, { header: file.dialect.header, lineEnd: file.lineEnd }),
    columns: csvColumns(file, names),
    records: file.records,
  }
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
