import { SluiceError } from '@sluice/core'
import type { IngestRequest } from '@sluice/lake/manage'
import { existsSync, openAsBlob, statSync } from 'node:fs'
import path from 'node:path'

type Query = {
  readonly file: string
  readonly operation: IngestRequest['operation']
  readonly key?: readonly string[]
  readonly sequenceBy?: string
  readonly mode?: 'upsert' | 'insert-only' | 'delete-insert'
  readonly format?: 'csv' | 'tsv' | 'json' | 'ndjson' | 'parquet' | 'avro'
  readonly delimiter?: string
  readonly quote?: string
  readonly escape?: string
  readonly header?: boolean
  readonly nullText?: readonly string[]
  readonly encoding?: string
  /** JSON. */
  readonly contract?: string
  readonly rename?: readonly string[]
  readonly maxRejected?: number
  readonly branch?: string
  readonly once?: 'content'
  readonly raw?: 'copy' | 'none'
}

/**
 * A load as a server takes it: one file of this machine, with what is said of it. Throws `LAKE_NOT_REMOTE` for what it does not take, and
 * `LOAD_SOURCE_NOT_FOUND`.
 */
export async function fileToSend(request: IngestRequest): Promise<{ readonly body: Blob; readonly query: Query }> {
  const { files, fromRaw, operation, merge = {}, options } = request
  if (fromRaw !== undefined) throw notRemote('it takes files of this machine')
  const [file, ...others] = files
  if (file === undefined || others.length > 0) throw notRemote('through a server each file is a load of its own')
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(file)) throw notRemote('it takes files of this machine, no addresses')
  const { id: _, csv, contract, rename, once, format, maxRejected, branch, raw, ...unknown } = options
  if (raw === 'reference') throw notRemote('the server cannot refer to files of this machine: --raw copy')
  const [option] = Object.keys(unknown)
  if (option !== undefined) throw notRemote(`it does not take the option ${option}`)
  if (once === 'path') throw notRemote('it does not know the paths of this machine: --once content')
  if (!existsSync(file) || !statSync(file).isFile()) throw new SluiceError('LOAD_SOURCE_NOT_FOUND', { source: file })
  const { key, sequenceBy, mode } = merge
  const query = {
    file: path.basename(file),
    operation,
    ...(key && { key }),
    ...(sequenceBy !== undefined && { sequenceBy }),
    ...(mode && { mode }),
    ...(format && { format }),
    ...csv,
    ...(contract && { contract: JSON.stringify(contract) }),
    ...(rename && { rename: Object.entries(rename).map(([from, to]) => `${from}=${to}`) }),
    ...(maxRejected !== undefined && { maxRejected }),
    ...(branch !== undefined && { branch }),
    ...(once && { once }),
    ...(raw && { raw }),
  }
  return { body: await openAsBlob(file), query }
}

function notRemote(problem: string): SluiceError {
  return new SluiceError('LAKE_NOT_REMOTE', { verb: 'ingest', problem })
}
