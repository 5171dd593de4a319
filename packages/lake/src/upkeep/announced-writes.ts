import { isSluiceError, SluiceError } from '@sluice/core'
import type { LakeCommit } from '../catalog/lake-catalog.ts'
import type { OpenLake } from '../table/lake.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'

/**
 * What a writer says before it puts its first file into a table's directory: by what its files are known. It is taken back once all of
 * them are part of the table; what a writer that failed or died has left is found by it.
 */
export interface WriteAnnouncement {
  readonly key: string
  readonly directory: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** The names of the writer's files begin so. */
  readonly prefix: string
  /** Of snapshots that it wanted to make. */
  readonly snapshots: readonly string[]
}

/** A lake for one writer. */
export interface AnnouncedWriter extends AsyncDisposable {
  readonly lake: OpenLake
}

const root = '_upkeep/'
/** Ids of one writer have this much in common. */
const shared = 18

/**
 * The lake as one writer has it: its files have names that begin alike, and before the first of them is put into a table's directory
 * that is written down there. To be disposed of when the writer is done.
 */
export function announceWrites(lake: OpenLake): AnnouncedWriter {
  const writer = new Writer(lake)
  return { lake: writer.lake, [Symbol.asyncDispose]: () => writer.end() }
}

class Writer {
  readonly lake: OpenLake
  readonly #inner: OpenLake
  #prefix: string
  #snapshots: string[] = []
  #announced = new Map<string, Promise<string>>()
  #failed = false
  #committed = false

  constructor(lake: OpenLake) {
    const { platform, storage, catalog } = lake
    this.#inner = lake
    this.#prefix = platform.newId().slice(0, shared)
    this.lake = {
      ...lake,
      platform: { ...platform, newId: () => this.#newId(), newSnapshotId: () => this.#newSnapshotId() },
      storage: intercepted(storage, {
        put: async (key, ...rest) => {
          await this.#announce(key)
          return storage.put(key, ...rest)
        },
        putFile: async (key, ...rest) => {
          await this.#announce(key)
          return storage.putFile(key, ...rest)
        },
      }),
      catalog: intercepted(catalog, { commit: (commit) => this.#commit(commit) }),
    }
  }

  async end(): Promise<void> {
    // A try that failed has left files, though another one was committed: they are swept.
    if (this.#failed || !this.#committed) return
    const keys = await Promise.all(this.#announced.values())
    await this.#inner.storage.delete(keys).catch(() => undefined)
  }

  #newId(): string {
    const id = this.#inner.platform.newId()
    return this.#prefix + id.slice(shared)
  }

  #newSnapshotId(): bigint {
    const id = this.#inner.platform.newSnapshotId()
    this.#snapshots.push(String(id))
    return id
  }

  async #announce(key: string): Promise<void> {
    const directory = key.split('/', 2).join('/')
    const announced = this.#announced.get(directory) ?? this.#write(directory)
    this.#announced.set(directory, announced)
    await announced
  }

  async #write(directory: string): Promise<string> {
    const { storage, platform } = this.#inner
    const key = `${root}${directory}/${this.#prefix}.writes.json`
    const said = { directory, at: platform.now(), prefix: this.#prefix, snapshots: this.#snapshots }
    await storage.put(key, `${JSON.stringify(said)}\n`)
    return key
  }

  async #commit(commit: LakeCommit): ReturnType<OpenLake['catalog']['commit']> {
    try {
      const receipt = await this.#inner.catalog.commit(commit)
      this.#committed = true
      return receipt
    } catch (error) {
      this.#failed = true
      if (isSluiceError(error, 'LAKE_COMMIT_CONFLICT') && error.details['swept'] === true) this.#beginAnew()
      throw error
    }
  }

  /** What it has written was deleted, and nothing under its name is ever committed: whoever tries again writes under another one. */
  #beginAnew(): void {
    this.#prefix = this.#inner.platform.newId().slice(0, shared)
    this.#snapshots = []
    this.#announced = new Map()
  }
}

/** The thing with some of its methods replaced. */
function intercepted<T extends object>(inner: T, methods: Partial<T>): T {
  return new Proxy(inner, {
    get: (target, name) => {
      const own: unknown = Reflect.get(methods, name)
      if (own !== undefined) return own
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

/** Of one table's directory, or of all. */
export async function writeAnnouncements(
  storage: LakeStorage,
  directory?: string,
): Promise<readonly WriteAnnouncement[]> {
  const found: WriteAnnouncement[] = []
  for await (const { key } of storage.list(directory === undefined ? root : `${root}${directory}/`)) {
    const said = key.endsWith('.writes.json') ? await readAnnouncement(storage, key) : undefined
    if (said) found.push(said)
  }
  return found
}

/** Undefined: its writer has just ended. */
async function readAnnouncement(storage: LakeStorage, key: string): Promise<WriteAnnouncement | undefined> {
  try {
    const said = JSON.parse(new TextDecoder().decode(await storage.get(key))) as Omit<WriteAnnouncement, 'key'>
    return { ...said, key }
  } catch (cause) {
    if (isSluiceError(cause, 'LAKE_FILE_NOT_FOUND')) return undefined
    if (isSluiceError(cause)) throw cause
    throw new SluiceError('LAKE_METADATA_INVALID', { file: key, problem: 'it is not JSON' }, { cause })
  }
}
