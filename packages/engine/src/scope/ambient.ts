import { SluiceError } from '@sluice/core'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { CancelScope } from './cancel-scope.ts'
import type { Frame } from './frame.ts'

/** Where the running code is: the innermost flow or task attempt, and whether it is inside `run.shield`. */
export interface Ambient {
  readonly frame: Frame
  readonly shield: CancelScope | undefined
}

const storage = new AsyncLocalStorage<Ambient | undefined>()

export function ambient(): Ambient | undefined {
  return storage.getStore()
}

/** Throws `OUTSIDE_RUN` where no flow or task is running. */
export function requireAmbient(what: string): Ambient {
  const here = storage.getStore()
  if (!here) throw new SluiceError('OUTSIDE_RUN', { what })
  return here
}

export function runIn<R>(here: Ambient | undefined, fn: () => R): R {
  return storage.run(here, fn)
}
