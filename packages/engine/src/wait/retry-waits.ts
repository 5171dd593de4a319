import { checkpointKey, limits, type Micros } from '@sluice/core'
import type { WaitEntry, WaitRecord } from '@sluice/store'
import type { RootRun } from '../run/root-run.ts'

/** Whose retry: the full key of the flow call, and its run. */
export interface RetryPlace {
  readonly scope: string
  readonly runId: string
}

/** Long delays before the next attempt of a flow are waits, so that a run can give up its process for them. */
export class RetryWaits {
  readonly #root: RootRun
  readonly #open = new Map<string, Omit<WaitRecord, 'seq'>>()

  constructor(root: RootRun) {
    this.#root = root
  }

  /** What the journal must hear of it; nothing for a short one. */
  begin({ scope, runId }: RetryPlace, attempt: number, at: Micros): readonly ((seq: number) => WaitEntry)[] {
    const { id: rootId, platform, waits } = this.#root
    const now = platform.now()
    if ((at - now) / 1000 <= limits.longRetryDelayMs) return []
    const row = {
      id: platform.newId(),
      rootId,
      runId,
      parentTaskId: null,
      key: checkpointKey({ scope, name: 'retry', version: undefined, inputs: String(attempt), ordinal: 0 }),
      kind: 'sleep',
      name: 'retry',
      deadline: at,
      match: null,
      event: null,
      targetRunId: null,
      status: 'open',
      outcome: null,
      answer: null,
      checkpoint: true,
      createdAt: now,
      endedAt: null,
    } as const
    this.#open.set(scope, row)
    waits.add({ row, awaited: true, answer: () => Promise.resolve(), stop: () => undefined })
    return [(seq) => ({ kind: 'wait', row: { ...row, seq } })]
  }

  /** The next attempt begins, or there is none. */
  end(scope: string): void {
    const row = this.#open.get(scope)
    if (!row) return
    this.#open.delete(scope)
    const { waits, journal, platform } = this.#root
    waits.remove(row.id)
    const ended = { ...row, status: 'done', endedAt: platform.now() } as const
    journal.append((seq) => ({ kind: 'wait', row: { ...ended, seq } }))
  }
}
