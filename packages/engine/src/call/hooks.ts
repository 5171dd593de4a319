import type { State } from '@sluice/core'
import { runIn } from '../scope/ambient.ts'
import type { Definition } from '../authoring/definition.ts'
import type { RootRun } from '../run/root-run.ts'
import type { HookEvent } from '../types.ts'

/** Whose hook it is: a call or a root run. */
export interface Hooked {
  readonly id: string
  readonly definition: Definition
  readonly attempt: number
  readonly root: RootRun
  readonly future: { readonly state: State }
  readonly frame?: { readonly facts: { readonly runId: string } }
}

export type HookName = 'onRunning' | 'onCompletion' | 'onFailure' | 'onCancellation' | 'onCrashed'

/** Calls a hook outside the run's context. What it throws is logged and changes nothing; the run waits for it at its end. */
export function fireHook(
  hooked: Hooked,
  name: HookName,
  outcome: { readonly value?: unknown; readonly error?: unknown },
): void {
  const hook = hooked.definition.hooks[name]
  if (!hook) return
  const { root } = hooked
  const told = (async () => runIn(undefined, () => hook(eventOf(hooked, outcome))))().catch((error: unknown) => {
    root.telling.log(40, `the ${name} hook of ${hooked.definition.name} failed: ${String(error)}`, null, hooked)
  })
  root.lingering.add(told)
}

function eventOf(hooked: Hooked, outcome: { readonly value?: unknown; readonly error?: unknown }): HookEvent {
  const { definition, frame, id } = hooked
  const isTask = definition.kind === 'task'
  return {
    state: hooked.future.state,
    name: definition.name,
    runId: isTask && frame ? frame.facts.runId : id,
    ...(isTask && { taskRunId: id }),
    attempt: hooked.attempt,
    ...('value' in outcome && { result: outcome.value }),
    ...('error' in outcome && { error: outcome.error }),
  }
}
