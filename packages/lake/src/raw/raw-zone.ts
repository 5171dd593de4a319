import { SluiceError } from '@sluice/core'
import { copyFile, link } from 'node:fs/promises'
import path from 'node:path'
import type { Extracted } from '../ingest/source/extract.ts'
import type { LoadEntry } from '../catalog/lake-catalog.ts'
import type { Platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { loadPrefix, manifestKeyOf } from './raw-keys.ts'
import { type FoundPackage, listPackages, type PackageEntry, type RawPackage } from './raw-package.ts'
import { fetchPart } from './read-part.ts'

/** What a source gave, ready to be read on this machine. */
export interface Extraction {
  /** What the ledger says of the source. */
  readonly text: string
  readonly items: readonly Extracted[]
}

/** Where one load keeps what its source gives: it is asked once. */
export interface RawZone {
  /** What was kept when the load was under way before. What is not whole, or was changed, counts for nothing. */
  open(directory: string): Promise<Extraction | undefined>
  /** Puts all of it into the lake; the manifest last. The parts with their places there. */
  seal(extraction: Extraction): Promise<Extraction>
}

/** The zone of a load, for those who settle what becomes of it. */
export interface LoadZone extends RawZone {
  /** Whether the load has asked for anything, or put anything away. */
  readonly isUsed: boolean
  /** The load is over: what is not to be kept goes. Of a load that the ledger does not have nothing is: its source is asked anew. */
  settle(entry: Pick<LoadEntry, 'raw'> | undefined): Promise<void>
}

export interface ZoneOf {
  readonly storage: LakeStorage
  readonly platform: Platform
  readonly table: string
  readonly loadId: string
}

export function openRawZone(of: ZoneOf): LoadZone {
  return new Zone(of)
}

class Zone implements LoadZone {
  readonly #of: ZoneOf
  readonly #prefix: string
  /** Of this process. */
  #own: string | undefined
  #isUsed = false
  /** Whether the source has given what it has. */
  #isAsked = false

  constructor(of: ZoneOf) {
    this.#of = of
    this.#prefix = loadPrefix(of.table, of.loadId)
  }

  get isUsed(): boolean {
    return this.#isUsed
  }

  async open(directory: string): Promise<Extraction | undefined> {
    this.#isUsed = true
    for (const found of await this.#packages()) {
      const items = await this.#fetch(found, directory)
      if (items === undefined) continue
      this.#isAsked = true
      return { text: found.text, items }
    }
    if (this.#isAsked) throw this.#takenAway()
    return undefined
  }

  /** A generator that was read gives nothing any more, and says so by giving no rows: that must not be taken for all that there is. */
  #takenAway(): SluiceError {
    const { table, loadId } = this.#of
    const problem = `what it gave to the load '${loadId}' of ${table} is not there any more: the same load was given up elsewhere`
    return new SluiceError('LOAD_SOURCE_UNREADABLE', { problem })
  }

  async seal({ text, items }: Extraction): Promise<Extraction> {
    this.#isUsed = true
    this.#isAsked = true
    const { storage, platform, table, loadId } = this.#of
    const directory = this.#prefix + platform.newId().replaceAll('-', '').slice(-12)
    const put: Extracted[] = []
    for (const item of items) put.push(item.sealed ? await this.#put(item, `${directory}/${item.part.n}`) : item)
    const entries = put.map(({ part, mode, sealed }): PackageEntry => ({ part, mode, sealed }))
    const kept = entries.some(({ mode, sealed }) => sealed && mode === 'copy')
    const sealedAs: RawPackage = { table, loadId, at: platform.now(), kept, text, entries }
    await storage.put(manifestKeyOf(directory), `${JSON.stringify(sealedAs)}\n`, { ifAbsent: true })
    this.#own = directory
    return { text, items: put }
  }

  async settle(entry: Pick<LoadEntry, 'raw'> | undefined): Promise<void> {
    const named = (entry?.raw ?? []).flatMap(({ key }) => key ?? [])
    const isNamed = ({ directory }: FoundPackage): boolean => named.some((key) => key.startsWith(`${directory}/`))
    // Another process that has the same load under way looks after what it has put there itself.
    const isOver = ({ directory, kept }: FoundPackage): boolean =>
      entry === undefined || !kept || directory === this.#own
    if (this.#own !== undefined && named.some((key) => key.startsWith(`${this.#own}/`))) return
    const found = await this.#packages()
    for (const each of found) if (isOver(each) && !isNamed(each)) await this.#remove(each)
  }

  async #packages(): Promise<readonly FoundPackage[]> {
    const { storage, table, loadId } = this.#of
    const found = await listPackages(storage, this.#prefix)
    return found.filter((each) => each.table === table && each.loadId === loadId)
  }

  async #fetch({ entries }: FoundPackage, directory: string): Promise<readonly Extracted[] | undefined> {
    const items: Extracted[] = []
    for (const entry of entries) {
      const { part, sealed } = entry
      const found = sealed
        ? await fetchPart(this.#of.storage, part, path.join(directory, `${part.n}.raw`))
        : part.address
      if (found === undefined) return undefined
      items.push({ ...entry, path: found })
    }
    return items
  }

  /** Under a second name: the first one is read by this load, whatever becomes of the other. */
  async #put(item: Extracted, key: string): Promise<Extracted> {
    const second = `${item.path}.put`
    await link(item.path, second).catch(() => copyFile(item.path, second))
    await this.#of.storage.putFile(key, second, { ifAbsent: true, readSoon: false })
    return { ...item, part: { ...item.part, key } }
  }

  /** The manifest first: what is left of a package without one is no load's. */
  async #remove({ directory, entries }: FoundPackage): Promise<void> {
    const keys = entries.flatMap(({ part: { key } }) => key ?? [])
    await this.#of.storage.delete([manifestKeyOf(directory)])
    await this.#of.storage.delete(keys)
  }
}
