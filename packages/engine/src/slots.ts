import type { CancelScope } from './cancel-scope.ts'
import type { Call } from './call.ts'
import { isInside } from './recursion.ts'
import { namedSemaphore, type Semaphore } from './semaphore.ts'
import type { LimitUse } from './types.ts'

/** The slots one call needs before its body may start. */
export interface Slots {
  /** What it may be waiting for, to show. */
  readonly name: string
  tryAcquire(): boolean
  acquire(cancel: CancelScope): Promise<void>
  /** Gives back what was taken; harmless when nothing was. */
  release(): void
}

interface Need {
  readonly semaphore: Semaphore
  readonly slots: number
  readonly name: string
}

const free: Slots = { name: '', tryAcquire: () => true, acquire: () => Promise.resolve(), release: () => undefined }

/**
 * Slots of the calling flow and of the task itself, each a number of its own or a named limit. A flow's `concurrency` is about what
 * its body calls, never about the flow. Throws `LIMIT_CONFLICT`.
 */
export function slotsFor(call: Call): Slots {
  const { definition, frame, root } = call
  const needs: Need[] = []
  const caller = frame.facts.definition
  if (caller.kind === 'flow' && typeof caller.concurrency === 'object') needs.push(named(caller.concurrency))
  if (frame.slots) needs.push({ semaphore: frame.slots, slots: 1, name: `concurrency of ${frame.name}` })
  const { concurrency, name, kind } = definition
  // A task that calls itself holds its slot already: waiting for another would be waiting for itself.
  if (concurrency === undefined || kind === 'flow' || isInside(definition, frame)) return all(needs)
  if (typeof concurrency === 'object') needs.push(named(concurrency))
  else needs.push({ semaphore: root.semaphoreOf(definition, concurrency), slots: 1, name: `concurrency of ${name}` })
  return all(needs)
}

function named({ limit, size, slots = 1 }: LimitUse): Need {
  return { semaphore: namedSemaphore(limit, size, slots), slots, name: limit }
}

function all(needs: readonly Need[]): Slots {
  if (needs.length === 0) return free
  const taken: Need[] = []
  const release = (): void => {
    for (const need of taken.splice(0)) need.semaphore.release(need.slots)
  }
  return {
    name: needs.map((need) => need.name).join(', '),
    tryAcquire() {
      for (const need of needs) {
        if (!need.semaphore.tryAcquire(need.slots)) {
          release()
          return false
        }
        taken.push(need)
      }
      return true
    },
    async acquire(cancel) {
      for (const need of needs) {
        await need.semaphore.acquire(need.slots, cancel)
        taken.push(need)
      }
    },
    release,
  }
}
