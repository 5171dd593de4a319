import { SluiceError } from '@sluice/core'
import { requireRawMode } from '../raw/raw-mode.ts'
import { requireOptions } from './require-options.ts'
import type { AnyTableOptions } from './table-properties.ts'
import type { ColumnOptions, ColumnRef, CsvOptions, LoadOptions, ReadOptions, TableOptions } from './types.ts'

type Known<Options> = Readonly<Record<keyof Options, true>>

const ofTable: Known<TableOptions> = {
  schema: true,
  key: true,
  references: true,
  checks: true,
  partitionBy: true,
  owner: true,
  description: true,
  tags: true,
  columns: true,
  retain: true,
  raw: true,
  retainRaw: true,
  contract: true,
  maxRejected: true,
}
const ofColumn: Known<ColumnOptions> = { type: true, description: true, tags: true, sensitive: true }
const ofLoad: Known<LoadOptions<object>> = {
  id: true,
  branch: true,
  once: true,
  format: true,
  csv: true,
  rename: true,
  contract: true,
  maxRejected: true,
  raw: true,
  cursor: true,
}
const ofCsv: Known<CsvOptions> = {
  delimiter: true,
  quote: true,
  escape: true,
  header: true,
  encoding: true,
  nullText: true,
}
const ofRead: Known<ReadOptions<object>> = { where: true, columns: true, limit: true }

/** Throws `OPTION_UNKNOWN`, `OPTION_INVALID`: a check or a key that is misspelt must not be a table without it. */
export function requireTableOptions(options: AnyTableOptions): void {
  requireOptions('a table', options, Object.keys(ofTable))
  requireRawMode(options.raw)
  for (const [name, column] of Object.entries(options.columns ?? {}))
    requireOptions(`the column ${name}`, column, Object.keys(ofColumn))
  for (const [name, of] of Object.entries<Partial<ColumnRef>>(options.references ?? {}))
    if (typeof of.table !== 'string' || typeof of.column !== 'string')
      throw new SluiceError('OPTION_INVALID', { option: 'references', problem: `${name}: write zones.col('id')` })
}

/** Throws `OPTION_UNKNOWN`, `OPTION_INVALID`: a misspelt `branch` must not load into `main`. */
export function requireLoadOptions(operation: string, options: LoadOptions<Record<string, unknown>>): void {
  requireOptions(operation, options, Object.keys(ofLoad))
  requireRawMode(options.raw)
  if (options.cursor !== undefined && typeof options.cursor.column !== 'string')
    throw new SluiceError('OPTION_INVALID', { option: 'cursor', problem: "write cursor('updated_at')" })
  requireOptions('csv', options.csv ?? {}, Object.keys(ofCsv))
}

/** Throws `OPTION_UNKNOWN`: a misspelt `where` must not mean all rows. */
export function requireReadOptions(options: object): void {
  requireOptions('rows', options, Object.keys(ofRead))
}
