import type { LimitNeed } from '@sluice/store'
import type { CancelScope } from '../scope/cancel-scope.ts'
import type { Call } from './call.ts'
import { isInside } from './recursion.ts'
import type { RootRun } from '../run/root-run.ts'
import type { Frame } from '../scope/frame.ts'
import { namedSemaphore, type Semaphore } from './semaphore.ts'
import type { LimitUse } from '../types.ts'

/** The slots one call needs before its body may start. */
export interface Slots {
  /** What it may be waiting for, to show. */
  readonly name: string
  tryAcquire(): boolean
  acquire(cancel: CancelScope): Promise<void>
  /** Of these, the limits that other processes share: they are taken from the store after those of this process. */
  readonly shared: readonly LimitNeed[]
  /** Gives back what was taken; harmless when nothing was. */
  release(): void
}

interface Need {
  readonly semaphore: Semaphore
  readonly slots: number
  readonly name: string
  /** A named limit: its size as the code declares it. */
  readonly size?: number
}

const free: Slots = {
  name: '',
  shared: [],
  tryAcquire: () => true,
  acquire: () => Promise.resolve(),
  release: () => undefined,
}

/**
 * Slots of the calling flow and of the task itself, each a number of its own or a named limit. A flow's `concurrency` is about what
 * its body calls, never about the flow. Throws `LIMIT_CONFLICT`.
 */
export function slotsFor(call: Call): Slots {
  const { definition, frame, root } = call
  const needs: Need[] = []
  const limits: LimitUse[] = []
  const caller = frame.facts.definition
  if (caller.kind === 'flow' && typeof caller.concurrency === 'object') limits.push(caller.concurrency)
  if (frame.slots) needs.push({ semaphore: frame.slots, slots: 1, name: `concurrency of ${frame.name}` })
  const { concurrency, name, kind } = definition
  // A task that calls itself holds its slot already: waiting for another would be waiting for itself.
  if (concurrency !== undefined && kind === 'task' && !isInside(definition, frame)) {
    if (typeof concurrency === 'object') limits.push(concurrency)
    else needs.push({ semaphore: root.semaphoreOf(definition, concurrency), slots: 1, name: `concurrency of ${name}` })
  }
  return all([...needs, ...namedNeeds(limits, frame)], root, () => call.key)
}

/**
 * Always in the order of their names: two calls that need the same two limits never wait for each other. A limit that is named
 * twice is needed once, with the larger number of slots. One that an enclosing call holds covers the calls inside: waiting for
 * another slot of it could be waiting for oneself.
 */
function namedNeeds(limits: readonly LimitUse[], frame: Frame): Need[] {
  const needs = new Map<string, Need>()
  const held = limits.length > 0 ? heldAround(frame) : undefined
  for (const { limit, size, slots = 1 } of limits) {
    const semaphore = namedSemaphore(limit, size, slots)
    if (held?.has(limit)) continue
    needs.set(limit, { semaphore, slots: Math.max(slots, needs.get(limit)?.slots ?? 0), name: limit, size })
  }
  return [...needs.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Names of the limits that the call of this scope, and those around it, hold by their options. */
function heldAround(frame: Frame): ReadonlySet<string> {
  const held = new Set<string>()
  for (let at = frame; at.facts.parent; at = at.facts.parent) {
    const caller = at.facts.parent.facts.definition
    const { definition } = at.facts
    if (caller.kind === 'flow' && typeof caller.concurrency === 'object') held.add(caller.concurrency.limit)
    if (definition.kind === 'task' && typeof definition.concurrency === 'object') held.add(definition.concurrency.limit)
  }
  return held
}

function all(needs: readonly Need[], root: RootRun, key: () => string): Slots {
  if (needs.length === 0) return free
  const taken: Need[] = []
  const shared = needs.flatMap(({ name, size, slots }) => (size === undefined ? [] : [{ name, size, slots }]))
  const releaseHere = (): void => {
    for (const need of taken.splice(0)) need.semaphore.release(need.slots)
  }
  const release = (): void => {
    root.shared.delete(release)
    // The next in this process finds the store's slot free.
    root.slots.release(key(), releaseHere)
  }
  return {
    shared,
    name: needs.map((need) => need.name).join(', '),
    tryAcquire() {
      for (const need of needs) {
        if (!need.semaphore.tryAcquire(need.slots)) {
          release()
          return false
        }
        taken.push(need)
      }
      root.shared.add(release)
      return true
    },
    async acquire(cancel) {
      root.shared.add(release)
      for (const need of needs) {
        await need.semaphore.acquire(need.slots, cancel)
        taken.push(need)
      }
    },
    release,
  }
}
