import { SluiceError } from '@sluice/core'
import { type Handlers, noContent, ok, put } from '../endpoint-handler.ts'
import type { HandlerContext } from './handler-context.ts'
import { ownerOf, requireEpoch, requireOwner } from './run-owner.ts'

type EngineIds =
  | 'loadCheckpoints'
  | 'readControl'
  | 'timeOutWait'
  | 'appendLogs'
  | 'acquireSlots'
  | 'releaseSlots'
  | 'startRun'
  | 'startedOutcome'
  | 'cancelStarted'

/** What the engine of a run records, and what it is told. */
export function engineHandlers({ services: { engine }, home: { store } }: HandlerContext): Handlers<EngineIds> {
  return {
    async loadCheckpoints({ params, caller }) {
      await requireOwner(store, caller)
      return ok(await store.loadCheckpoints(params.run))
    },
    async readControl({ params, query: { waitMs, seen }, caller, signal }) {
      const {
        epoch,
        state,
        answers,
        cancelTasks,
        seen: now,
      } = await engine.readControl(params.run, seen, { waitMs, signal })
      // Judged by what is told: it may have become another's while this one waited.
      requireEpoch(caller, epoch)
      return ok({ epoch, state, answers, cancelTasks, seen: now })
    },
    timeOutWait: async ({ params, caller }) =>
      ok({ answer: await store.timeOutWait({ ...ownerOf(caller), waitId: params.wait }) }),
    async appendLogs({ params, body, caller }) {
      if (body.entries.some(({ rootId }) => rootId !== params.run))
        throw new SluiceError('REQUEST_INVALID', { problem: 'a line belongs to another run' })
      await requireOwner(store, caller)
      await store.appendLogs(body.entries)
      return noContent
    },
    async acquireSlots({ body: { key, needs, waitMs }, caller, signal }) {
      const holder = { ...ownerOf(caller), key }
      const { granted, waitingOn, heldBy } = await engine.acquireSlots({ holder, needs }, { waitMs, signal })
      return ok({ granted, waitingOn, heldBy })
    },
    async releaseSlots({ body, caller }) {
      const owner = ownerOf(caller)
      await engine.releaseSlots(body.keys.map((key) => ({ ...owner, key })))
      return noContent
    },
    async startRun({ body, caller }) {
      const { id, created } = await engine.startRun(ownerOf(caller), body)
      return put(created, { id })
    },
    async startedOutcome({ params, caller }) {
      await requireOwner(store, caller)
      return ok({ outcome: await engine.startedOutcome(params.run, params.started) })
    },
    async cancelStarted({ params, body, caller }) {
      await requireOwner(store, caller)
      await engine.cancelStarted(params.run, params.started, body.reason)
      return noContent
    },
  }
}
