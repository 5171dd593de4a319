import { isTerminal } from '@sluice/core'
import type { ChildRunEntry, DropEntry, JournalBatch, JournalEntry, RootRunEntry } from './journal-batch.ts'
import type { Artifact, CacheEntry, TaskRunRecord, WaitRecord } from './records.ts'

type ChildRun = ChildRunEntry['row']

/**
 * A batch as the database has to apply it: per row only its last version. Entries of one batch may follow each other on one
 * row (started, then finished), and PostgreSQL refuses to touch a row twice in one statement.
 */
export interface FoldedBatch {
  readonly rootId: string
  readonly epoch: number
  readonly first: number
  readonly last: number
  readonly tasks: readonly TaskRunRecord[]
  readonly children: readonly ChildRun[]
  readonly waits: readonly WaitRecord[]
  readonly artifacts: readonly Artifact[]
  readonly cache: readonly CacheEntry[]
  /** Keys to drop among rows that this batch does not write. */
  readonly drops: readonly string[]
  readonly root: RootRunEntry | undefined
  /** True when it brings a checkpoint: what ends a series of crashes. */
  readonly progress: boolean
}

/** Folds the entries in their order. Pure. */
export function foldBatch(batch: JournalBatch): FoldedBatch {
  const fold = new Fold()
  for (const entry of batch.entries) fold.add(entry)
  return {
    rootId: batch.rootId,
    epoch: batch.epoch,
    first: batch.first,
    last: batch.first + batch.entries.length - 1,
    ...fold.finish(),
  }
}

type Folded = Omit<FoldedBatch, 'rootId' | 'epoch' | 'first' | 'last'>

class Fold {
  readonly #tasks = new Map<string, TaskRunRecord>()
  readonly #children = new Map<string, ChildRun>()
  readonly #waits = new Map<string, WaitRecord>()
  readonly #artifacts = new Map<string, Artifact>()
  readonly #cache = new Map<string, CacheEntry>()
  readonly #drops = new Set<string>()
  #root: RootRunEntry | undefined
  #progress = false

  add(entry: JournalEntry): void {
    switch (entry.kind) {
      case 'task':
        this.#progress ||= isTerminal(entry.row.state.type) && entry.row.checkpoint
        if (entry.cache !== undefined) this.#cache.set(entry.cache.key, entry.cache)
        putLast(this.#tasks, entry.row.key, entry.row)
        return
      case 'child':
        this.#progress ||= isTerminal(entry.row.state.type) && entry.row.checkpoint
        putLast(this.#children, entry.row.id, entry.row)
        return
      case 'wait':
        this.#progress ||= entry.row.status !== 'open' && entry.row.checkpoint
        putLast(this.#waits, entry.row.key, entry.row)
        return
      case 'artifact':
        this.#addArtifact(entry.row)
        return
      case 'root':
        this.#root = { ...this.#root, ...entry }
        return
      case 'drop':
        this.#drop(entry)
    }
  }

  finish(): Folded {
    return {
      tasks: [...this.#tasks.values()],
      children: [...this.#children.values()],
      waits: [...this.#waits.values()],
      artifacts: [...this.#artifacts.values()],
      cache: [...this.#cache.values()],
      drops: [...this.#drops],
      root: this.#root,
      progress: this.#progress,
    }
  }

  // A drop strikes what came before it in this batch, too; a row that comes after it stands.
  #drop(entry: DropEntry): void {
    for (const key of entry.keys) {
      this.#drops.add(key)
      dropIn(this.#tasks, key)
      dropIn(this.#waits, key)
      for (const [id, child] of this.#children) {
        if (child.key === key) this.#children.set(id, { ...child, checkpoint: false })
      }
    }
  }

  #addArtifact(row: Artifact): void {
    const identity = JSON.stringify([row.runId, row.taskRunId, row.key])
    const before = this.#artifacts.get(identity)
    this.#artifacts.set(identity, before === undefined ? row : { ...row, id: before.id, createdAt: before.createdAt })
  }
}

/** Replaces and moves to the end, so that rows stay in the order of their numbers. */
function putLast<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
}

function dropIn<V extends { readonly checkpoint: boolean }>(map: Map<string, V>, key: string): void {
  const row = map.get(key)
  if (row !== undefined) map.set(key, { ...row, checkpoint: false })
}
