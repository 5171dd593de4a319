import type { Snapshot, SnapshotRef, TableMetadata } from './table-metadata.ts'

/** What of a table's history is kept; what is not said goes by the table's `history.expire.*` properties. */
export interface Retention {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Of snapshots of branches, in milliseconds. Default: five days. */
  readonly maxAgeMs?: number
  /** So many snapshots of a branch are kept, however old. Default: 1. */
  readonly keep?: number
}

/** What may be forgotten. */
export interface Expired {
  /** Tags and branches that are older than they may be; never `main`. */
  readonly refs: readonly string[]
  readonly snapshots: readonly Snapshot[]
}

const fiveDays = 432_000_000

/**
 * The snapshots that nobody is to find any more (Iceberg, "Snapshot Retention Policy"). What a branch or tag points at stays, and of a
 * branch's history what is young enough, or among its last; a snapshot of no branch stays while it is young.
 */
export function expiredHistory(metadata: TableMetadata, retention: Retention): Expired {
  const rule = new Rule(metadata, retention)
  const refs = Object.entries(metadata.refs ?? {})
  const expired = refs.filter(([name, ref]) => name !== 'main' && rule.isOldRef(ref)).map(([name]) => name)
  const kept = new Set<bigint>()
  for (const [name, ref] of refs) if (!expired.includes(name)) for (const id of rule.keptBy(ref)) kept.add(id)
  const ofBranches = new Set(refs.flatMap(([, ref]) => rule.history(ref).map((snapshot) => snapshot['snapshot-id'])))
  const snapshots = (metadata.snapshots ?? []).filter((snapshot) => {
    const id = snapshot['snapshot-id']
    return !kept.has(id) && (ofBranches.has(id) || rule.isOld(snapshot))
  })
  return { refs: expired, snapshots }
}

class Rule {
  readonly #snapshots: ReadonlyMap<bigint, Snapshot>
  readonly #now: number
  readonly #maxAge: number
  readonly #keep: number
  readonly #maxRefAge: number

  constructor({ snapshots = [], properties = {} }: TableMetadata, { now, maxAgeMs, keep }: Retention) {
    this.#snapshots = new Map(snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]))
    this.#now = now
    this.#maxAge = maxAgeMs ?? numberIn(properties['history.expire.max-snapshot-age-ms'], fiveDays)
    this.#keep = Math.max(1, keep ?? numberIn(properties['history.expire.min-snapshots-to-keep'], 1))
    this.#maxRefAge = numberIn(properties['history.expire.max-ref-age-ms'], Infinity)
  }

  isOld(snapshot: Snapshot, maxAge = this.#maxAge): boolean {
    return this.#now - snapshot['timestamp-ms'] > maxAge
  }

  isOldRef(ref: SnapshotRef): boolean {
    const snapshot = this.#snapshots.get(ref['snapshot-id'])
    return snapshot !== undefined && this.isOld(snapshot, ref['max-ref-age-ms'] ?? this.#maxRefAge)
  }

  /** From the newest to the oldest that is there. A tag has no history: it is one snapshot. */
  history({ type, 'snapshot-id': head }: SnapshotRef): readonly Snapshot[] {
    const found: Snapshot[] = []
    for (let id: bigint | undefined = head; id !== undefined;) {
      const snapshot = this.#snapshots.get(id)
      if (snapshot === undefined) break
      found.push(snapshot)
      id = type === 'tag' ? undefined : snapshot['parent-snapshot-id']
    }
    return found
  }

  keptBy(ref: SnapshotRef): readonly bigint[] {
    const least = Math.max(1, ref['min-snapshots-to-keep'] ?? this.#keep)
    const maxAge = ref['max-snapshot-age-ms'] ?? this.#maxAge
    return this.history(ref)
      .filter((snapshot, at) => at < least || !this.isOld(snapshot, maxAge))
      .map((snapshot) => snapshot['snapshot-id'])
  }
}

function numberIn(text: string | undefined, otherwise: number): number {
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
  return Number.isFinite(number) && number >= 0 ? number : otherwise
}
