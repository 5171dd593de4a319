import { checkpointKey, SluiceError } from '@sluice/core'
import { namedSemaphore, type Semaphore } from '../call/semaphore.ts'
import { type Ambient, ambient } from '../scope/ambient.ts'
import { CancelScope } from '../scope/cancel-scope.ts'

/** Slots that are held until they are released: by `await using`, by hand, or at the end of the attempt that took them. */
export interface LimitSlot extends AsyncDisposable, Disposable {
  release(): void
}

/**
 * Takes `slots` (default 1) of the named limit and waits for its turn. The limit has `size` slots in all, over every process on this
 * store; without a size it is one that an operator made. Outside a run it holds in this process only.
 *
 * Throws `LIMIT_CONFLICT` when the same name is used with another size, `LIMIT_NOT_FOUND` when it has none.
 *
 * @example
 * await using _slot = await limit('api.example', 2)
 */
export async function limit(
  name: string,
  size?: number,
  options: { readonly slots?: number } = {},
): Promise<LimitSlot> {
  const slots = options.slots ?? 1
  const semaphore = size === undefined ? undefined : namedSemaphore(name, size, slots)
  const here = ambient()
  if (!here) return outsideRun(name, semaphore, slots)
  const refusal = here.frame.refusal(here.shield)
  if (refusal) throw refusal
  return take(here, { name, size: size ?? null, slots }, semaphore)
}

async function outsideRun(name: string, semaphore: Semaphore | undefined, slots: number): Promise<LimitSlot> {
  if (!semaphore) throw new SluiceError('OUTSIDE_RUN', { what: `limit('${name}') without a size` })
  if (!semaphore.tryAcquire(slots)) await semaphore.acquire(slots, new CancelScope())
  return slotOf(() => semaphore.release(slots))
}

/** First the process's own slots, then those that all processes share. */
async function take(
  here: Ambient,
  need: { readonly name: string; readonly size: number | null; readonly slots: number },
  semaphore: Semaphore | undefined,
): Promise<LimitSlot> {
  const { frame, shield } = here
  const { root, scope: scopeKey, cancel } = frame.facts
  const scope = shield ?? cancel
  const ordinal = frame.ordinal('limit', undefined, need.name)
  const key = checkpointKey({ scope: scopeKey, name: 'limit', version: undefined, inputs: need.name, ordinal })
  using _busy = root.idleness.busy()
  if (semaphore && !semaphore.tryAcquire(need.slots)) await semaphore.acquire(need.slots, scope)
  let leave = (): void => undefined
  const release = (): void => slot.release()
  const slot = slotOf(() => {
    root.shared.delete(release)
    root.slots.release(key, () => semaphore?.release(need.slots))
    leave()
  })
  root.shared.add(release)
  try {
    await root.slots.acquire({ key, needs: [need] }, scope, () => undefined)
    while (root.gate) await scope.race(root.gate)
  } catch (error) {
    slot.release()
    throw error
  }
  leave = frame.onClose(release)
  // It came when its attempt had ended: the next in line has it now.
  const tooLate = frame.phase === 'closed' ? frame.refusal(shield) : undefined
  if (tooLate) throw tooLate
  return slot
}

function slotOf(giveBack: () => void): LimitSlot {
  let held = true
  const release = (): void => {
    if (!held) return
    held = false
    giveBack()
  }
  return { release, [Symbol.dispose]: release, [Symbol.asyncDispose]: async () => release() }
}
