import { ambient } from '../scope/ambient.ts'
import { CancelScope } from '../scope/cancel-scope.ts'
import { namedSemaphore } from '../call/semaphore.ts'

/** Slots that are held until they are released: by `await using`, by hand, or at the end of the attempt that took them. */
export interface LimitSlot extends AsyncDisposable, Disposable {
  release(): void
}

/**
 * Takes `slots` (default 1) of the named limit, which has `size` in all in this process, and waits for its turn.
 * Throws `LIMIT_CONFLICT` when the same name is used with another size.
 *
 * @example
 * await using _slot = await limit('api.example', 2)
 */
export async function limit(name: string, size: number, options: { readonly slots?: number } = {}): Promise<LimitSlot> {
  const slots = options.slots ?? 1
  const semaphore = namedSemaphore(name, size, slots)
  const here = ambient()
  const scope = here ? (here.shield ?? here.frame.facts.cancel) : new CancelScope()
  const refusal = here?.frame.refusal(here.shield)
  if (refusal) throw refusal
  if (!semaphore.tryAcquire(slots)) await semaphore.acquire(slots, scope)
  let held = true
  let leave = (): void => undefined
  const release = (): void => {
    if (!held) return
    held = false
    semaphore.release(slots)
    here?.frame.facts.root.shared.delete(release)
    leave()
  }
  here?.frame.facts.root.shared.add(release)
  if (here) leave = here.frame.onClose(release)
  // It came when its attempt had ended: the next in line has it now.
  if (!held) throw here?.frame.refusal(here.shield)
  return { release, [Symbol.dispose]: release, [Symbol.asyncDispose]: async () => release() }
}
