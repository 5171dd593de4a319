import type { State } from '@sluice/core'
import { columnList } from '../codec/columns.ts'
import { runColumns } from '../codec/run-codec.ts'
import { plainText } from '../codec/text.ts'
import type { TimelineEntry } from '../records.ts'

/** Every column of a run. */
export const allOfRun: string = columnList(runColumns)

/** States in which nothing happens any more, as an SQL list: {@link isTerminal}. */
export const endedStates = "('completed', 'failed', 'crashed', 'cancelled')"

/**
 * Adds one entry to a timeline without reading it first: both are JSON arrays as text.
 * @param entry the parameter that holds what {@link timelineEntry} made
 */
export const appendToTimeline = (entry: string): string =>
  `timeline = case when timeline is null then cast(${entry} as text)
    else substr(timeline, 1, length(timeline) - 1) || ',' || substr(cast(${entry} as text), 2) end`

/** A state as a timeline of one entry, in JSON. */
export function timelineEntry(state: State): string {
  const entry: TimelineEntry =
    state.message === undefined ? [state.name, state.at] : [state.name, state.at, plainText(state.message)]
  return JSON.stringify([entry])
}
