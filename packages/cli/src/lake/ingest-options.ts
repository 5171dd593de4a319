import { SluiceError } from '@sluice/core'
import type { LoadOptions } from '@sluice/lake'
import type { IngestRequest } from '@sluice/lake/manage'
import { contractOf } from './contract-of.ts'
import { pairOf } from './pair-of.ts'

/** How a load is asked for in a terminal: what is left out is undefined. */
export interface IngestFlags {
  readonly replace: boolean
  readonly merge: boolean
  /** Of a merge. */
  readonly key: readonly string[]
  readonly sequenceBy: string
  readonly mode: 'upsert' | 'insert-only' | 'delete-insert'
  readonly once: 'content' | 'path'
  readonly format: 'csv' | 'tsv' | 'json' | 'ndjson' | 'parquet' | 'avro'
  readonly delimiter: string
  readonly quote: string
  readonly escape: string
  readonly header: boolean
  readonly nullText: readonly string[]
  readonly encoding: string
  /** `old name=new_name` */
  readonly rename: readonly string[]
  /** `columns=freeze`, `fare.types=discard` */
  readonly contract: readonly string[]
  readonly maxRejected: number
  readonly branch: string
  readonly id: string
  readonly raw: 'copy' | 'reference' | 'none'
  /** Instead of files: what the source of this load gave. */
  readonly fromRaw: string
  /** The table that it was of. */
  readonly of: string
}

type Options = LoadOptions<Record<string, unknown>>

/** The options of a load in code that the flags stand for. Throws `OPTION_INVALID`. */
export function ingestOptions(flags: Partial<IngestFlags>): Options {
  const { once, format, rename = [], maxRejected, branch, id, raw } = flags
  const csv = csvOptions(flags)
  const contract = contractOf(flags.contract ?? [])
  return {
    ...(once && { once }),
    ...(format && { format }),
    ...(Object.keys(csv).length > 0 && { csv }),
    ...(rename.length > 0 && { rename: Object.fromEntries(rename.map((text) => pairOf('rename', text))) }),
    ...(contract && { contract }),
    ...(maxRejected !== undefined && { maxRejected }),
    ...(branch !== undefined && { branch }),
    ...(id !== undefined && { id }),
    ...(raw && { raw }),
  }
}

type Csv = NonNullable<Options['csv']>

function csvOptions({ delimiter, quote, escape, header, nullText, encoding }: Partial<IngestFlags>): Csv {
  return {
    ...(delimiter !== undefined && { delimiter }),
    ...(quote !== undefined && { quote }),
    ...(escape !== undefined && { escape }),
    ...(header !== undefined && { header }),
    ...(nullText && { nullText }),
    ...(encoding !== undefined && { encoding }),
  }
}

/** What is loaded: files, or what an earlier load got. Throws `OPTION_INVALID` unless it is one of them. */
export function ingestSource(
  table: string,
  files: readonly string[],
  { fromRaw, of }: Partial<IngestFlags>,
): Pick<IngestRequest, 'files' | 'fromRaw'> {
  const problem =
    fromRaw === undefined
      ? (files.length === 0 && 'give files, or the load whose bytes are to be loaded again') ||
        (of !== undefined && '--of is of --from-raw')
      : files.length > 0 && 'it takes the place of files'
  if (problem) throw new SluiceError('OPTION_INVALID', { option: '--from-raw', problem })
  return fromRaw === undefined ? { files } : { files, fromRaw: { table: of ?? table, load: fromRaw } }
}

type Merge = NonNullable<IngestRequest['merge']>

/** Undefined: no merge. Throws `OPTION_INVALID` for what only a merge has. */
export function mergeOf({ merge, replace, key = [], sequenceBy, mode }: Partial<IngestFlags>): Merge | undefined {
  if (merge && replace)
    throw new SluiceError('OPTION_INVALID', { option: '--merge', problem: 'it does not go with --replace' })
  if (!merge && key.length > 0)
    throw new SluiceError('OPTION_INVALID', {
      option: '--key',
      problem: 'it is of --merge; what tells the rows of a table apart is said by npx sluice lake alter TABLE --key …',
    })
  const [alone] = merge ? [] : [sequenceBy !== undefined && '--sequence-by', mode && '--mode'].filter(Boolean)
  if (alone) throw new SluiceError('OPTION_INVALID', { option: alone, problem: 'it is of --merge' })
  if (!merge) return undefined
  return { ...(key.length > 0 && { key }), ...(mode && { mode }), ...(sequenceBy !== undefined && { sequenceBy }) }
}
