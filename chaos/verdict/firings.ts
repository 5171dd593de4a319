import type { Evidence, Finding } from './evidence.ts'

const law = 'schedules fire once each'

/** No occurrence twice, and none left out between the first and the last. */
export function firings({ books, scheduleEvery }: Evidence): readonly Finding[] {
  const times = books.runs
    .filter((run) => run.schedule_id !== null)
    .map((run) => run.interval_end ?? 0)
    .toSorted((a, b) => a - b)
  if (times.length === 0) return [{ law, problem: 'none fired' }]
  return times.slice(1).flatMap((time, index) => {
    const gap = time - (times[index] ?? 0)
    if (gap === scheduleEvery) return []
    const what = gap === 0 ? 'fired twice' : `came ${gap / 1e6} s after the one before`
    return [{ law, problem: `the occurrence of ${new Date(time / 1000).toISOString()} ${what}` }]
  })
}
