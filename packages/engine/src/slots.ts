import type { CancelScope } from './cancel-scope.ts'
import type { Call } from './call.ts'
import { isInside } from './recursion.ts'
import { namedSemaphore, type Semaphore } from './semaphore.ts'

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

/** Slots of the calling flow (its `concurrency`), of the task in this run, and of a named limit. */
export function slotsFor(call: Call): Slots {
  const { concurrency, name, kind } = call.definition
  const { slots } = call.frame
  if (concurrency === undefined && slots === undefined) return free
  const needs: Need[] = []
  if (slots) needs.push({ semaphore: slots, slots: 1, name: `concurrency of ${call.frame.name}` })
  // A task that calls itself holds its slot already: waiting for another would be waiting for itself.
  if (typeof concurrency === 'number' && kind === 'task' && !isInside(call.definition, call.frame))
    needs.push({ semaphore: call.root.semaphoreOf(call.definition, concurrency), slots: 1, name: `concurrency of ${name}` })
  if (typeof concurrency === 'object') {
    const taken = concurrency.slots ?? 1
    needs.push({ semaphore: namedSemaphore(concurrency.limit, concurrency.size, taken), slots: taken, name: concurrency.limit })
  }
  return needs.length === 0 ? free : all(needs)
}

function all(needs: readonly Need[]): Slots {
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
