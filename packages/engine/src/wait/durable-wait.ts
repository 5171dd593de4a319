import { type Ambient, requireAmbient } from '../scope/ambient.ts'
import { replayOutcome } from './deliver-outcome.ts'
import { HeldWait, type WaitEnding } from './held-wait.ts'
import { placeWait, type WaitRequest } from './place-wait.ts'
import { SluiceError } from '@sluice/core'

/** Where a flow's code waits. Throws `OUTSIDE_RUN`, `WAIT_IN_TASK`, and why the attempt accepts nothing any more. */
export function requireFlowFrame(what: string): Ambient {
  const here = requireAmbient(what)
  const refusal = here.frame.refusal(here.shield)
  if (refusal) throw refusal
  if (here.frame.facts.definition.kind === 'task') throw new SluiceError('WAIT_IN_TASK', { task: here.frame.name })
  return here
}

/** A wait that is recorded before it begins and with its end, so that it goes on in whatever process the run is. */
export function durableWait({ frame, shield }: Ambient, request: WaitRequest, ending: WaitEnding): Promise<unknown> {
  const placed = placeWait(frame, request)
  if (placed.final) return replayOutcome(frame, placed.final)
  const { root, cancel } = frame.facts
  const held = new HeldWait(frame, placed, ending)
  const hold = (): Promise<unknown> => held.hold(shield ?? cancel)
  if (placed.registered) return hold()
  return root.journal
    .write((seq) => ({ kind: 'wait', row: { ...placed.row, seq } }))
    .then(() => {
      root.watching.lookSoon()
      return hold()
    })
}
