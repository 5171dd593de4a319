import { type Micros, type State, stateOf, type StateName } from '@sluice/core'
import type { RunRecord, TimelineEntry } from '@sluice/store'
import { retriedByHand } from '../call/resumed-attempts.ts'
import type { Beginning } from './root-run.ts'

export interface ClaimedBeginning {
  readonly beginning: Omit<Beginning, 'parameters'>
  /** An earlier epoch left something behind. */
  readonly resumed: boolean
  /** Its last process died. */
  readonly crashed: boolean
}

/** Steps that say where a run stood in line, not what it was doing. */
const underWay: ReadonlySet<StateName> = new Set(['Running', 'Retrying', 'AwaitingRetry'])

/** How a run that was just claimed begins: what its timeline says it was doing when it last had a process. */
export function claimedBeginning(run: RunRecord, now: Micros): ClaimedBeginning {
  const { timeline } = run
  const at = timeline.findLastIndex(([name]) => underWay.has(name as StateName))
  const since = timeline.slice(at + 1)
  const retried = since.some(([, , message]) => message === retriedByHand)
  const interrupted = at < 0 || retried ? undefined : timeline[at]
  const waited = interrupted?.[0] === 'AwaitingRetry'
  return {
    beginning: {
      // The rest of a retry's delay was waited for in the queue.
      first: { attempt: waited ? run.attempt + 1 : run.attempt, notBefore: 0 },
      opening: {
        state: openingState({ retried, resumed: at >= 0 }, now),
        attempt: waited ? run.attempt + 1 : run.attempt,
      },
    },
    resumed: at >= 0 || run.journalSeq > 0,
    crashed: endedBy(since) === 'Crashed',
  }
}

function openingState({ retried, resumed }: { retried: boolean; resumed: boolean }, now: Micros): State {
  if (retried) return stateOf('Retrying', now, { message: retriedByHand })
  return stateOf('Running', now, resumed ? { message: 'resumed' } : {})
}

function endedBy(since: readonly TimelineEntry[]): string | undefined {
  return since.findLast(
    ([name]) => name !== 'Scheduled' && name !== 'Resuming' && name !== 'Late' && name !== 'Pending',
  )?.[0]
}
