import type { TimelineEntry } from '@sluice/store'

/** Steps kept of a run that pauses again and again: the column is rewritten each time. */
const longestTimeline = 200

/** Beyond that what lies between the two oldest pauses makes way: as if it had been one, so that no time limit takes it for work. */
export function addStep(timeline: TimelineEntry[], added: TimelineEntry): void {
  timeline.push(added)
  if (timeline.length <= longestTimeline) return
  const names = timeline.map(([name]) => name)
  const between = names.findIndex(
    (name, i) => name === 'Running' && names[i - 1] === 'Paused' && names[i + 1] === 'Paused',
  )
  if (between > 0) timeline.splice(between, 2)
}
