import { isTerminal } from '@sluice/core'
import type { JournalBatch, JournalReceipt, RootRunEntry } from '@sluice/store'
import type { Context } from '../context.ts'
import type { Lru } from '../lru.ts'
import { topics } from '../loops/wakeups.ts'
import { tellGranted } from './slots.ts'

/** Appends a batch, and tells those for whom it changes something. `pools`: where the runs are that this server handed out. */
export async function appendJournal(
  context: Context,
  pools: Lru<string, string>,
  batch: JournalBatch,
): Promise<JournalReceipt> {
  const { home, wakeups, counters } = context
  const receipt = await home.store.appendJournal(batch)
  counters.add('journal.batches')
  counters.add('journal.entries', batch.entries.length)
  tellGranted(context, receipt.freed ?? [])
  wakeups.sendHere(topics.rows(batch.rootId))
  const told = batch.entries.flatMap((entry) => {
    if (entry.kind === 'root') return afterRoot(batch.rootId, entry, pools)
    // What it waits for may be there already.
    return entry.kind === 'wait' && entry.row.status === 'open' ? [topics.waits] : []
  })
  if (told.length > 0) wakeups.send(...told)
  return receipt
}

function afterRoot(rootId: string, { state }: RootRunEntry, pools: Lru<string, string>): readonly string[] {
  const over = isTerminal(state.type)
  if (!over && state.name !== 'Suspended') return [topics.events]
  // A worker's place is free; and under a pool's or queue's limit, so is one for others.
  const pool = pools.get(rootId)
  if (over) pools.delete(rootId)
  return [topics.events, over ? topics.waits : topics.due, ...(pool === undefined ? [] : [topics.pool(pool)])]
}
