import type { LakeAuditRecord, LakeStore, NewLakeDeed } from '@sluice/store'
import type { DatasetVersion } from './lake-catalog.ts'

/** Whose deeds are asked for. */
export interface AuditQuery {
  /** A table, a view, a fileset, or the URL of something outside. */
  readonly dataset?: string
  /** Default 100. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: string
}

export interface AuditPage {
  readonly items: readonly AuditEntry[]
  readonly next: string | null
}

/** Who did what. */
export interface AuditEntry {
  /** ISO 8601. Of reads outside of runs the first of that hour. */
  readonly at: string
  /** `change`: other columns, tags, branches, or another thing said of it; `view`: the view was made or changed. */
  readonly did: 'read' | 'write' | 'change' | 'drop' | 'view'
  readonly dataset: string
  readonly snapshot?: string
  /** The user of the operating system, or the name of the token. Of what runs read: nobody's, but the run's. */
  readonly by?: string
  readonly runId?: string
  readonly taskRunId?: string
  /** What is known beside that: `{ changes }`, `{ rows }`. */
  readonly detail?: unknown
}

export function auditEntry(record: LakeAuditRecord): AuditEntry {
  const { at, deed, dataset, snapshotId, actor, rootId, taskRunId, detail } = record
  return {
    at: new Date(at / 1000).toISOString(),
    did: deed === 'look' ? 'read' : deed,
    dataset,
    ...(snapshotId !== null && { snapshot: snapshotId }),
    ...(actor !== null && { by: actor }),
    ...(rootId !== null && { runId: rootId }),
    ...(taskRunId !== null && { taskRunId }),
    ...(detail !== null && { detail: JSON.parse(detail) as unknown }),
  }
}

const hourMs = 3_600_000

/** Who looks at what outside of runs: told once an hour for each reader and version, so that who reads in a loop writes nothing. */
export class Looks {
  readonly #store: Pick<LakeStore, 'recordLakeDeeds'>
  readonly #now: () => number
  #hour = -1
  #told = new Set<string>()

  constructor(store: Pick<LakeStore, 'recordLakeDeeds'>, now: () => number) {
    this.#store = store
    this.#now = now
  }

  async record(looks: readonly DatasetVersion[], actor: string): Promise<void> {
    const hour = Math.floor(this.#now() / hourMs)
    if (hour !== this.#hour) {
      this.#told = new Set()
      this.#hour = hour
    }
    const keyOf = ({ dataset, snapshotId }: DatasetVersion): string => JSON.stringify([actor, dataset, `${snapshotId}`])
    const fresh = looks.filter((look) => !this.#told.has(keyOf(look)))
    if (fresh.length === 0) return
    const told = this.#told
    for (const look of fresh) told.add(keyOf(look))
    const id = `look:${hour}:${actor}`
    try {
      await this.#store.recordLakeDeeds(fresh.map((look) => ({ ...deedOf('look', look, actor), id })))
    } catch (error) {
      // The next look tells it.
      for (const look of fresh) told.delete(keyOf(look))
      throw error
    }
  }
}

export function deedOf(
  deed: NewLakeDeed['deed'],
  { dataset, snapshotId }: DatasetVersion,
  actor: string,
): Omit<NewLakeDeed, 'id'> {
  const nobodys = { rootId: null, taskRunId: null, detail: null }
  return { deed, dataset, snapshotId: snapshotId === undefined ? null : String(snapshotId), actor, ...nobodys }
}
