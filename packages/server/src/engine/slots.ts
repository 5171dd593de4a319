import type { LimitNeed, SlotHolder } from '@sluice/store'
import type { Context } from '../context.ts'
import { topics } from '../loops/wakeups.ts'
import type { LongPoll, SlotGrant } from '../services.ts'

const safetyMs = 2_000
const shownHolders = 100

export interface SlotQuestion {
  readonly holder: SlotHolder
  readonly needs: readonly LimitNeed[]
}

/** Takes slots, or waits in line for them as long as the poll lasts; the place in the line outlives it. */
export async function acquireSlots(
  context: Context,
  { holder, needs }: SlotQuestion,
  poll: LongPoll,
): Promise<SlotGrant> {
  const { home, wakeups, polls } = context
  const look = async (): Promise<true | undefined> => (await home.store.acquireSlots({ ...holder, needs })) || undefined
  const wakeOn = (wake: () => void): (() => void) => wakeups.on(topics.run(holder.rootId), wake)
  const granted = await polls.until({ ...poll, safetyMs, wakeOn }, look)
  return granted ? { granted, waitingOn: null, heldBy: [] } : fullLimit(context, needs)
}

/** Gives slots back, and tells those who have them now. */
export async function releaseSlots({ home, wakeups }: Context, holders: readonly SlotHolder[]): Promise<void> {
  for (const holder of holders) tellGranted({ wakeups }, (await home.store.releaseSlots(holder)).granted)
}

export function tellGranted({ wakeups }: Pick<Context, 'wakeups'>, granted: readonly SlotHolder[]): void {
  wakeups.send(...granted.map(({ rootId }) => topics.run(rootId)))
}

/** The first of the limits that has too few free slots. */
async function fullLimit({ home }: Context, needs: readonly LimitNeed[]): Promise<SlotGrant> {
  for (const { name, slots } of needs) {
    const limit = await home.store.getLimit(name)
    if (!limit || limit.held + slots <= limit.slots) continue
    const heldBy = [...new Set(limit.holders.map(({ rootId }) => rootId))].slice(0, shownHolders)
    return { granted: false, waitingOn: name, heldBy }
  }
  // None is full: others stand before it in the line.
  return { granted: false, waitingOn: needs[0]?.name ?? null, heldBy: [] }
}
