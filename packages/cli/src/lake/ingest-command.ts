import type { ChangeResult, LoadResult } from '@sluice/lake/manage'
import path from 'node:path'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { type IngestFlags, ingestOptions, ingestSource, mergeOf } from './ingest-options.ts'
import { countText, rowsText } from './quantity-text.ts'
import { withNewLake } from './with-lake.ts'

type Flags = Partial<IngestFlags> & { readonly json?: true }

/** `sluice lake ingest <table> <file…>`: one load, outside of runs. */
export async function ingest(table: string, files: readonly string[], flags: Flags, io: CliIo): Promise<number> {
  const options = ingestOptions(flags)
  const places = files.map((file) => placeOf(file, io.cwd))
  const source = ingestSource(table, places, flags)
  return withNewLake(io, async (lake) => {
    const merge = mergeOf(flags)
    const operation = merge ? 'merge' : flags.replace ? 'replace' : 'append'
    const result = await lake.ingestFiles({ table, operation, ...source, options, ...(merge && { merge }) })
    const isThere = result.snapshot !== undefined || (await lake.has(table))
    const lines = (): readonly string[] => (isThere ? loadText(table, result, flags) : noTableText(table, result))
    return showOne({ table, ...result }, lines, flags.json === true, io)
  })
}

/** As it was written, where that is what it is: it is what rows say in `_source_file`. */
function placeOf(file: string, cwd: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(file)) return file
  const absolute = path.resolve(cwd, file)
  return path.resolve(file) === absolute ? file : absolute
}

/** Columns are made by rows. */
function noTableText(table: string, result: LoadResult): readonly string[] {
  return [`✓ ${table}  there were no rows to load; no table was made`, ...leftOutLines(result)]
}

function loadText(table: string, result: LoadResult, { once, branch, merge }: Flags): readonly string[] {
  const { rows, rejected, snapshot, repeated, schemaChange } = result
  if (repeated) return [`✓ ${table}  this load was there already, with ${rowsText(rows)}; nothing was done`]
  if (snapshot === undefined)
    return [`✓ ${table}  there ${once ? 'was nothing new' : 'were no rows'} to load`, ...leftOutLines(result)]
  const widened = schemaChange.widened.map(({ column, from, to }) => `${column} is now ${to}, was ${from}`)
  const rewritten = schemaChange.rewritten.map(({ column, from, to }) => `${column} is now ${to}, was ${from}`)
  const lines = [
    ['new columns', schemaChange.added.join(', ')],
    ['widened', widened.join(', ')],
    ['written anew', rewritten.join(', ')],
    [`not in the source${merge ? ', so null in the rows that came' : ''}`, schemaChange.missing.join(', ')],
    ['rejected', rejected === 0 ? '' : `${rowsText(rejected)}, kept aside: npx sluice lake quarantine ${table}`],
    ['look', `npx sluice lake preview ${table}${branch === undefined ? '' : ` --at ${branch}`}`],
  ].flatMap(([name, text]) => (text === '' ? [] : [`  ${name}: ${text}`]))
  return [`✓ ${table}  ${rowsText(rows)}${changesText(result)}, version ${snapshot}`, ...leftOutLines(result), ...lines]
}

/** Rows that are neither in the table nor kept aside. */
function leftOutLines({ discarded, filtered }: LoadResult): readonly string[] {
  return [
    ...(discarded > 0 ? [`  left out by the contract: ${rowsText(discarded)}`] : []),
    ...(filtered > 0 ? [`  left out, as the table has them or newer ones: ${rowsText(filtered)}`] : []),
  ]
}

/** Of a merge: what it did to the rows that were there. */
function changesText(result: LoadResult): string {
  if (!('updated' in result)) return ''
  const { inserted, updated, deleted } = result as ChangeResult
  const parts = [`${countText(inserted)} new`, `${countText(updated)} updated`]
  return ` (${[...parts, ...(deleted > 0 ? [`${countText(deleted)} deleted`] : [])].join(', ')})`
}
