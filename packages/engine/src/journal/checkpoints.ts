import { droppedOnRetry, isTerminal, type Micros, type State, type StoredError } from '@sluice/core'
import type { Checkpoints, RunCheckpoint, StoredValue, TaskCheckpoint, TimelineEntry, WaitRecord } from '@sluice/store'
import { isFailedOutcome } from '../wait/wait-outcome.ts'

/** One call of the run as the journal knows it. */
export interface Checkpoint {
  readonly kind: 'task' | 'run' | 'wait'
  readonly id: string
  readonly key: string
  readonly seq: number
  readonly name: string
  /** Id of the flow or task run whose code made the call. */
  readonly scopeId: string
  readonly state: State | undefined
  readonly attempt: number
  /** Its outcome is handed out in place of running it. */
  readonly final: boolean
  readonly result: StoredValue | null
  readonly error: StoredError | null
  readonly unhandled: readonly string[]
  readonly createdAt: Micros
  readonly startedAt: Micros | null
  readonly endedAt: Micros | null
  readonly timeline: readonly TimelineEntry[]
  /** Child runs: the parsed parameters of the first epoch. */
  readonly parameters: StoredValue | undefined
  /** Waits: the row as it is. */
  readonly wait: WaitRecord | undefined
}

/**
 * What calls find under their key. Filled from the journal on resume; in a live run it keeps only what another attempt of an
 * open scope could ask for, so that memory stays flat.
 */
export class CheckpointTable {
  readonly #byKey = new Map<string, Checkpoint>()
  /** Loaded and not yet asked for. */
  readonly #unclaimed = new Set<string>()
  readonly #entered = new Set<string>()
  readonly #newNames = new Set<string>()

  load(loaded: Checkpoints): void {
    const all = [...loaded.tasks.map(fromTask), ...loaded.runs.map(fromRun), ...loaded.waits.map(fromWait)]
    // A finished scope stands for everything under it.
    const completed = new Set(all.filter((one) => one.final && one.state?.type === 'completed').map((one) => one.id))
    for (const one of all) {
      if (completed.has(one.scopeId)) continue
      this.#byKey.set(one.key, one)
      if (one.final) this.#unclaimed.add(one.key)
    }
  }

  get(key: string): Checkpoint | undefined {
    return this.#byKey.get(key)
  }

  /** The call with this key was made again. */
  claim(key: string): void {
    this.#unclaimed.delete(key)
  }

  keep(checkpoint: Checkpoint): void {
    this.#byKey.set(checkpoint.key, checkpoint)
  }

  forget(keys: Iterable<string>): void {
    for (const key of keys) {
      this.#byKey.delete(key)
      this.#unclaimed.delete(key)
    }
  }

  /** A scope's body runs. Only interesting on a resume: a live run must not remember every task. */
  enter(scopeId: string): void {
    if (this.#unclaimed.size > 0) this.#entered.add(scopeId)
  }

  /** A call ran that no checkpoint answered. Only interesting on a resume. */
  ranAnew(name: string): void {
    if (this.#unclaimed.size > 0) this.#newNames.add(name)
  }

  /** Waits that an earlier process left open. */
  openWaits(): readonly WaitRecord[] {
    return [...this.#byKey.values()].flatMap(({ wait }) => (wait?.status === 'open' ? [wait] : []))
  }

  /** Failed calls, from `unhandled` down, that the next attempt runs again. They are forgotten here; the journal must hear of them. */
  drop(unhandled: readonly string[]): readonly string[] {
    const dropped = droppedOnRetry([...this.#byKey.values()].map(asFailedCall), unhandled, 'unhandled')
    this.forget(dropped)
    return dropped
  }

  /** Loaded outcomes that the code did not ask for again, though it ran through their scope. */
  orphans(): readonly Checkpoint[] {
    return [...this.#unclaimed].flatMap((key) => {
      const one = this.#byKey.get(key)
      return one && this.#entered.has(one.scopeId) ? [one] : []
    })
  }

  /** The code took another way than before: it left outcomes behind and ran new calls of the same name. */
  get nondeterministic(): boolean {
    return this.#newNames.size > 0 && this.orphans().some((one) => this.#newNames.has(one.name))
  }
}

export function asFailedCall(one: Checkpoint): { key: string; failed: boolean; unhandled: readonly string[] } {
  return {
    key: one.key,
    failed: one.final && (one.wait ? isFailedOutcome(one.result) : one.state?.type !== 'completed'),
    unhandled: one.unhandled,
  }
}

function fromTask(row: TaskCheckpoint): Checkpoint {
  return {
    ...row,
    kind: 'task',
    scopeId: row.parentTaskId ?? row.runId,
    final: row.checkpoint && isTerminal(row.state.type),
    parameters: undefined,
    wait: undefined,
  }
}

function fromRun(row: RunCheckpoint): Checkpoint {
  return {
    ...row,
    kind: 'run',
    key: row.key ?? '',
    seq: row.seq ?? 0,
    name: row.flow,
    scopeId: row.parentTaskId ?? row.parentId ?? '',
    final: row.checkpoint && isTerminal(row.state.type),
    wait: undefined,
  }
}

export function fromWait(row: WaitRecord): Checkpoint {
  return {
    kind: 'wait',
    id: row.id,
    key: row.key,
    seq: row.seq,
    name: row.kind,
    scopeId: row.parentTaskId ?? row.runId,
    state: undefined,
    attempt: 1,
    final: row.checkpoint && (row.status === 'done' || row.status === 'timedOut'),
    result: row.outcome,
    error: null,
    unhandled: [],
    createdAt: row.createdAt,
    startedAt: null,
    endedAt: row.endedAt,
    timeline: [],
    parameters: undefined,
    wait: row,
  }
}
