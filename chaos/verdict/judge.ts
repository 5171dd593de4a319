import { bodiesAfterCheckpoint } from './bodies-after-checkpoint.ts'
import { endings } from './endings.ts'
import type { Evidence, Finding } from './evidence.ts'
import { firings } from './firings.ts'
import { overfullLimits } from './overfull-limits.ts'
import { supersededWrites } from './superseded-writes.ts'

/** Every law, against everything that is known. Empty: all of them held. */
export function judge(evidence: Evidence): readonly Finding[] {
  return [
    ...endings(evidence),
    ...bodiesAfterCheckpoint(evidence),
    ...supersededWrites(evidence),
    ...overfullLimits(evidence),
    ...firings(evidence),
    ...leftovers(evidence),
    ...evidence.broken.map((problem) => ({ law: 'no broken answer', problem })),
    ...evidence.alarms.map((problem) => ({ law: 'quiet logs', problem })),
  ]
}

function leftovers({ books }: Evidence): readonly Finding[] {
  return Object.entries(books.leftovers)
    .filter(([, count]) => count > 0)
    .map(([table, count]) => ({ law: 'nothing is left', problem: `${count} rows of ${table}` }))
}
