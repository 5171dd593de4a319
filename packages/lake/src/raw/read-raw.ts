import { SluiceError } from '@sluice/core'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { StagedParts } from '../ingest/source/origins.ts'
import type { OpenLake } from '../table/lake.ts'
import type { RawLoad, RawPartState } from './raw-load.ts'
import type { RawPart } from './raw-part.ts'
import { fetchPart, partBytes } from './read-part.ts'

/** What the ledger has of a load's source, and what has become of that. Throws `TABLE_NOT_FOUND`, `LOAD_RAW_UNAVAILABLE`. */
export async function rawParts(lake: OpenLake, of: RawLoad): Promise<readonly RawPartState[]> {
  const { table, loadId } = of
  const pointer = await lake.catalog.find(table)
  if (pointer === undefined) throw new SluiceError('TABLE_NOT_FOUND', { table })
  const entry = await lake.catalog.load(pointer.id, loadId)
  if (entry === undefined) throw unavailable(of, 'the table has no load of this id')
  return Promise.all((entry.raw ?? []).map((part) => withState(lake, part)))
}

async function withState(lake: OpenLake, part: RawPart): Promise<RawPartState> {
  return { ...part, state: await stateOf(lake, part) }
}

async function stateOf({ storage }: OpenLake, part: RawPart): Promise<RawPartState['state']> {
  const { key, address = '', modifiedAt, size } = part
  if (key !== undefined) return (await storage.head(key)) === undefined ? 'gone' : 'kept'
  if (!path.isAbsolute(address)) return 'elsewhere'
  const found = await stat(address).catch(() => undefined)
  if (found === undefined) return 'gone'
  return found.size === size && found.mtimeMs === modifiedAt ? 'there' : 'changed'
}

/** Throws `LOAD_RAW_UNAVAILABLE`. */
export async function rawBytes(lake: OpenLake, of: RawLoad, n: number): Promise<AsyncIterable<Uint8Array>> {
  const part = requirePart(of, await rawParts(lake, of), n)
  const { key, size, address = '' } = part
  return key === undefined ? createReadStream(address) : partBytes(lake.storage, { key, size })
}

function requirePart(of: RawLoad, parts: readonly RawPartState[], n: number): RawPartState {
  const part = parts.find((each) => each.n === n)
  if (part === undefined)
    throw unavailable(of, parts.length === 0 ? 'nothing of its source was kept' : `it has no part ${n}`)
  if (part.state === 'kept' || part.state === 'there') return part
  throw unavailable(of, problemOf(part))
}

function problemOf({ state, key, source = 'its rows', address = source }: RawPartState): string {
  if (state === 'changed') return `${address} was only referred to, and is not what it was`
  if (state === 'elsewhere') return `${source} was only referred to`
  return key === undefined ? `${address} was only referred to, and is gone` : `the copy of ${source} has expired`
}

function unavailable({ table, loadId }: RawLoad, problem: string): SluiceError {
  return new SluiceError('LOAD_RAW_UNAVAILABLE', { table, load: loadId, problem })
}

export interface StagedRawLoad extends AsyncDisposable {
  readonly source: StagedParts
}

/** All that a load's source gave, as the source of another load. Throws `LOAD_RAW_UNAVAILABLE`. */
export async function stageRawLoad(lake: OpenLake, of: RawLoad): Promise<StagedRawLoad> {
  const { staging } = lake.storage
  await mkdir(staging, { recursive: true })
  const directory = await mkdtemp(path.join(staging, 'load-raw-'))
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    const found = await rawParts(lake, of)
    if (found.length === 0) throw unavailable(of, 'nothing of its source was kept')
    const parts = []
    for (const { n } of found) parts.push(await placed(lake, of, requirePart(of, found, n), directory))
    return { source: new StagedParts(parts), [Symbol.asyncDispose]: remove }
  } catch (cause) {
    await remove()
    throw cause
  }
}

async function placed(
  { storage }: OpenLake,
  of: RawLoad,
  { state: _, ...part }: RawPartState,
  directory: string,
): Promise<{ readonly part: RawPart; readonly path: string }> {
  const { key, address = '', source = 'its rows', n } = part
  const place = key === undefined ? address : await fetchPart(storage, part, path.join(directory, String(n)))
  if (place === undefined) throw unavailable(of, `the copy of ${source} is not what was kept`)
  return { part, path: place }
}
