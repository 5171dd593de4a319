import { SluiceError } from '@sluice/core'
import type { LoadEntry } from '../catalog/lake-catalog.ts'
import { RawLoad, type RawPartState } from '../raw/raw-load.ts'
import { rawBytes, rawParts } from '../raw/read-raw.ts'
import type { OpenLake } from '../table/lake.ts'

/** A load, and what is known of what its source gave. */
export interface LoadRaw {
  readonly load: string
  readonly at: string | undefined
  readonly operation: LoadEntry['operation']
  readonly state: LoadEntry['state']
  readonly source: string
  readonly parts: number
  /** Of all parts, as they came. */
  readonly bytes: number
  /** Parts of which a copy was made. */
  readonly copies: number
}

/** So many loads are told of a table. */
const loadsTold = 100

/** Loads of a table of which something is known, newest first. Throws `TABLE_NOT_FOUND`. */
export async function loadsWithRaw(lake: OpenLake, table: string): Promise<readonly LoadRaw[]> {
  const pointer = await lake.catalog.find(table)
  if (pointer === undefined) throw new SluiceError('TABLE_NOT_FOUND', { table })
  const loads = await lake.catalog.loads(pointer.id, { limit: loadsTold })
  return loads.flatMap(({ id, at, operation, state, source, raw = [] }) =>
    raw.length === 0
      ? []
      : [
          {
            load: id,
            at: at === undefined ? undefined : new Date(at / 1000).toISOString(),
            operation,
            state,
            source,
            parts: raw.length,
            bytes: raw.reduce((sum, { size }) => sum + size, 0),
            copies: raw.filter(({ key }) => key !== undefined).length,
          },
        ],
  )
}

/** What the source of one load gave, part by part. Throws `TABLE_NOT_FOUND`, `LOAD_RAW_UNAVAILABLE`. */
export function rawOf(lake: OpenLake, table: string, loadId: string): Promise<readonly RawPartState[]> {
  return rawParts(lake, new RawLoad(table, loadId))
}

/** The bytes of one part, as they came. Throws `LOAD_RAW_UNAVAILABLE`. */
export function bytesOf(
  lake: OpenLake,
  table: string,
  loadId: string,
  part: number,
): Promise<AsyncIterable<Uint8Array>> {
  return rawBytes(lake, new RawLoad(table, loadId), part)
}
