import { SluiceError } from '@sluice/core'
import { requireAmbient } from '../scope/ambient.ts'
import type { FlowStartOptions, StartedRun } from '../types.ts'
import { replayOutcome } from '../wait/deliver-outcome.ts'
import { placeWait } from '../wait/place-wait.ts'
import { StartedRunHandle } from '../wait/started-run.ts'
import { type Definition, refuseUnknown } from './definition.ts'

const known = new Set(['deployment', 'name', 'tags', 'priority'])

/**
 * `flow.start`: a run of its own, started exactly once. Its id is journaled before anything is started, and starting it again under
 * that id changes nothing. Throws `START_IN_TASK`, `INPUT_UNHASHABLE` for parameters that no key can be made of, `OPTION_UNKNOWN`.
 */
export function startSeparately(
  definition: Definition,
  parameters: unknown,
  options: FlowStartOptions = {},
): StartedRun<unknown> {
  const what = `${definition.name}.start`
  const { frame, shield } = requireAmbient(what)
  refuseUnknown(options, known, what)
  const refusal = frame.refusal(shield)
  if (refusal) throw refusal
  const { root, definition: starter, cancel } = frame.facts
  if (starter.kind === 'task') throw new SluiceError('START_IN_TASK', { flow: definition.name, task: starter.name })
  const { version } = definition
  const inputs = root.canonical([parameters, options.deployment ?? null], 'parameters')
  const newTarget = (): string => root.platform.newId()
  const call = `start:${definition.name}`
  const common = { name: definition.name, timeoutMs: undefined, match: null, event: null }
  const placed = placeWait(frame, { ...common, kind: 'run', call, version, inputs, newTarget })
  const handle = new StartedRunHandle(frame, definition, placed)
  if (placed.final) handle.follow(replayOutcome(frame, placed.final, () => handle.observed))
  else
    handle.follow(handle.start(placed, { parameters, options, scope: shield ?? cancel }).then((begun) => begun.outcome))
  return handle
}
