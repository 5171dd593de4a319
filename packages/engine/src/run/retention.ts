import { parseDuration, type Duration } from '@sluice/core'
import type { OpenHome } from '../home/home.ts'

/** Root runs that go in one batch: a few milliseconds of the store's time. */
const batch = 50

/**
 * Deletes root runs that ended longer ago than the home keeps them (90 days, `SLUICE_RETENTION`), with all that belongs to them, and
 * expired cache entries: one bounded batch each time a run starts. Returns how many runs went.
 */
export async function applyRetention(home: OpenHome): Promise<number> {
  const { store, results, settings } = home
  if (settings.retention === 'off') return 0
  const now = settings.platform.now()
  const before = now - parseDuration(settings.retention) * 1000
  const { runs, orphanedResults } = await store.deleteRunsBefore({ before, limit: batch, now })
  for (const ref of orphanedResults) await results.discard(ref)
  return runs
}

/** `SLUICE_RETENTION`: a duration, or `off`. */
export function retentionFrom(text: string | undefined, otherwise: Duration | 'off'): Duration | 'off' {
  if (text === undefined || text === '') return otherwise
  if (text === 'off') return text
  parseDuration(text as Duration)
  return text as Duration
}
