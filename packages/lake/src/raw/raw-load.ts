import type { OpenLake } from '../table/lake.ts'
import type * as reads from './read-raw.ts'
import type { RawPart } from './raw-part.ts'

/** One part of what a load's source gave, and what has become of it. */
export interface RawPartState extends RawPart {
  /**
   * `kept`: the lake has a copy. `there`: the file is where it was, and as it was. `changed`, `gone`: it is not. `elsewhere`: only its hash is known.
   */
  readonly state: 'kept' | 'there' | 'changed' | 'gone' | 'elsewhere'
}

/**
 * What the source of a load gave: to be looked at, or to be loaded again, under another schema or contract.
 *
 * @example
 * await trips.replace(lake.raw('bronze.trips', loadId))
 */
export class RawLoad {
  readonly table: string
  readonly loadId: string

  constructor(table: string, loadId: string) {
    this.table = table
    this.loadId = loadId
  }

  /** In the order of the source. Throws `LOAD_RAW_UNAVAILABLE`. */
  async parts(): Promise<readonly RawPartState[]> {
    const [lake, { rawParts }] = await this.#open()
    return rawParts(lake, this)
  }

  /** The bytes of one part, as they came. Throws `LOAD_RAW_UNAVAILABLE`. */
  async bytes(part = 0): Promise<ReadableStream<Uint8Array>> {
    const [lake, { rawBytes }] = await this.#open()
    return ReadableStream.from(await rawBytes(lake, this, part))
  }

  async #open(): Promise<readonly [OpenLake, typeof reads]> {
    const [{ currentLake }, read] = await Promise.all([import('../table/open-lake.ts'), import('./read-raw.ts')])
    return [await currentLake(), read]
  }
}
