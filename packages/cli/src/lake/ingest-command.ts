import { SluiceError } from '@sluice/core'
import type { ChangeResult, IngestRequest, LoadResult } from '@sluice/lake/manage'
import path from 'node:path'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { pairOf } from './pair-of.ts'
import { countText, rowsText } from './quantity-text.ts'
import { withNewLake } from './with-lake.ts'

interface Flags {
  readonly replace: boolean
  readonly merge: boolean
  /** Of a merge. */
  readonly key: readonly string[]
  readonly sequenceBy: string | undefined
  readonly mode: 'upsert' | 'insert-only' | 'delete-insert' | undefined
  readonly once: 'content' | 'path' | undefined
  readonly format: 'csv' | 'tsv' | 'json' | 'ndjson' | 'parquet' | 'avro' | undefined
  readonly delimiter: string | undefined
  /** `old name=new_name` */
  readonly rename: readonly string[]
  readonly maxRejected: number | undefined
  readonly branch: string | undefined
  readonly id: string | undefined
  readonly json: boolean
}

/** `sluice lake ingest <table> <file…>`: one load, outside of runs. */
export async function ingest(table: string, files: readonly string[], flags: Flags, io: CliIo): Promise<number> {
  const { once, format, delimiter, rename, maxRejected, branch, id } = flags
  const options = {
    ...(once && { once }),
    ...(format && { format }),
    ...(delimiter !== undefined && { csv: { delimiter } }),
    ...(rename.length > 0 && { rename: Object.fromEntries(rename.map((text) => pairOf('rename', text))) }),
    ...(maxRejected !== undefined && { maxRejected }),
    ...(branch !== undefined && { branch }),
    ...(id !== undefined && { id }),
  }
  return withNewLake(io, async (lake) => {
    const { ingestFiles } = await import('@sluice/lake/manage')
    const merge = mergeOf(flags)
    const operation = merge ? 'merge' : flags.replace ? 'replace' : 'append'
    const places = files.map((file) => placeOf(file, io.cwd))
    const result = await ingestFiles(lake, { table, operation, files: places, options, ...(merge && { merge }) })
    return showOne({ table, ...result }, () => loadText(table, result, flags), flags.json, io)
  })
}

type Merge = NonNullable<IngestRequest['merge']>

/** Undefined: no merge. Throws `OPTION_INVALID` for what only a merge has. */
function mergeOf({ merge, replace, key, sequenceBy, mode }: Flags): Merge | undefined {
  const problem = merge
    ? replace && '--replace and --merge are two different things'
    : (key.length > 0 || sequenceBy !== undefined || mode !== undefined) &&
      '--key, --sequence-by and --mode are of --merge'
  if (problem) throw new SluiceError('OPTION_INVALID', { option: '--merge', problem })
  if (!merge) return undefined
  return { ...(key.length > 0 && { key }), ...(mode && { mode }), ...(sequenceBy !== undefined && { sequenceBy }) }
}

/** As it was written, where that is what it is: it is what rows say in `_source_file`. */
function placeOf(file: string, cwd: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(file)) return file
  const absolute = path.resolve(cwd, file)
  return path.resolve(file) === absolute ? file : absolute
}

function loadText(table: string, result: LoadResult, { once, branch }: Flags): readonly string[] {
  const { rows, rejected, snapshot, repeated, schemaChange } = result
  if (repeated) return [`✓ ${table}  this load was there already, with ${rowsText(rows)}; nothing was done`]
  if (snapshot === undefined) return [`✓ ${table}  there ${once ? 'was nothing new' : 'were no rows'} to load`]
  const widened = schemaChange.widened.map(({ column, from, to }) => `${column} is now ${to}, was ${from}`)
  const lines = [
    ['new columns', schemaChange.added.filter((name) => !name.startsWith('_')).join(', ')],
    ['widened', widened.join(', ')],
    ['not in the source', schemaChange.missing.join(', ')],
    ['rejected', rejected === 0 ? '' : `${rowsText(rejected)}, kept aside: npx sluice lake quarantine ${table}`],
    ['look', `npx sluice lake preview ${table}${branch === undefined ? '' : ` --at ${branch}`}`],
  ].flatMap(([name, text]) => (text === '' ? [] : [`  ${name}: ${text}`]))
  return [`✓ ${table}  ${rowsText(rows)}${changesText(result)}, version ${snapshot}`, ...lines]
}

/** Of a merge: what it did to the rows that were there. */
function changesText(result: LoadResult): string {
  if (!('updated' in result)) return ''
  const { inserted, updated, deleted } = result as ChangeResult
  const parts = [`${countText(inserted)} new`, `${countText(updated)} updated`]
  return ` (${[...parts, ...(deleted > 0 ? [`${countText(deleted)} deleted`] : [])].join(', ')})`
}
