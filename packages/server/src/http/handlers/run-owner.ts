import { SluiceError } from '@sluice/core'
import type { Store } from '@sluice/store'
import type { Caller } from '../auth/caller.ts'

/** The run that the token of an engine names, and the epoch up to which it speaks for it. */
export function ownerOf(caller: Caller): { readonly rootId: string; readonly epoch: number } {
  if (caller.kind !== 'run') throw new SluiceError('FORBIDDEN', { needed: 'runToken' })
  return { rootId: caller.rootId, epoch: caller.epoch }
}

/**
 * Throws `RUN_FENCED` when another owner has the run: what has no fence of its own in the store, reads too. A superseded owner could
 * only go astray with what it is told.
 */
export async function requireOwner(store: Pick<Store, 'readControl'>, caller: Caller): Promise<void> {
  const { rootId } = ownerOf(caller)
  const control = await store.readControl(rootId)
  if (control === undefined) throw new SluiceError('RUN_NOT_FOUND', { run: rootId })
  requireEpoch(caller, control.epoch)
}

/** Throws `RUN_FENCED` when the run is at another epoch than its token. */
export function requireEpoch(caller: Caller, found: number): void {
  const { rootId, epoch } = ownerOf(caller)
  if (found !== epoch) throw new SluiceError('RUN_FENCED', { run: rootId, epoch: found })
}
