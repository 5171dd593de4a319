import type { Lru } from '../lru.ts'
import type { RunMaker } from '../runs/create-runs.ts'
import type { Planner } from '../runs/plan-request.ts'
import type { EngineServices } from '../services.ts'
import { appendJournal } from './append-journal.ts'
import { readControl } from './control.ts'
import { acquireSlots, releaseSlots } from './slots.ts'
import { cancelStarted, startedOutcome, startRun } from './start-run.ts'

/** What the engines of claimed runs ask for. `pools`: where runs are that were handed out here. */
export function createEngineServices(planner: Planner, maker: RunMaker, pools: Lru<string, string>): EngineServices {
  const { context } = planner
  return {
    appendJournal: (batch) => appendJournal(context, pools, batch),
    readControl: (rootId, seen, poll) => readControl(context, rootId, seen, poll),
    acquireSlots: (request, poll) => acquireSlots(context, request, poll),
    releaseSlots: (holders) => releaseSlots(context, holders),
    startRun: (owner, started) => startRun(planner, maker, owner, started),
    startedOutcome: (rootId, startedId) => startedOutcome(context, rootId, startedId),
    cancelStarted: (rootId, startedId, reason) => cancelStarted(context, rootId, startedId, reason),
  }
}
