import type { LakeStore } from '@sluice/store'
import type { Platform } from '../platform.ts'
import { takeLease } from './table-lease.ts'

/** Milliseconds for which a process that died in its turn holds up those behind it. */
const turnMs = 2_000

/**
 * Waits for a turn to commit to a table. Who has lost some times stands in line, so that of many processes one at a time does its work, and not all of
 * them for one of them to be first. A turn is no right: whoever comes new may still be quicker, and the swap alone decides. Undefined: there is none to be
 * had, and the commit is tried all the same.
 */
export async function takeTurn(
  store: Pick<LakeStore, 'holdLakeTicket' | 'releaseLakeTicket'>,
  platform: Platform,
  table: string,
): Promise<AsyncDisposable | undefined> {
  // No table's name has a blank in it: this is another line than that of its lease, which a merge holds while it commits.
  const [line, holder] = [`${table} commits`, platform.newId()]
  const place = {
    hold: (drawn: boolean) => store.holdLakeTicket({ table: line, holder, drawn, micros: turnMs * 1000 }),
    leave: () => store.releaseLakeTicket(line, holder),
  }
  try {
    return await takeLease(place, platform, { stayMs: turnMs })
  } catch {
    return undefined
  }
}
