import type { State } from '@sluice/core'
import { columnList } from '../codec/columns.ts'
import { runColumns } from '../codec/run-codec.ts'
import { plainText } from '../codec/text.ts'
import type { TimelineEntry } from '../records.ts'
import type { Dialect } from '../statement.ts'

/** Every column of a run. */
export const allOfRun: string = columnList(runColumns)

/** States in which nothing happens any more, as an SQL list: {@link isTerminal}. */
export const endedStates = "('completed', 'failed', 'crashed', 'cancelled')"

/**
 * Adds one entry to a timeline without reading it first: both are JSON arrays as text.
 * @param entry the parameter that holds what {@link timelineEntry} made
 */
export const appendToTimeline = (entry: string): string => `timeline = ${timelineWith(entry)}`

/** The timeline with one entry more: the value that {@link appendToTimeline} assigns. */
export const timelineWith = (entry: string): string =>
  `case when timeline is null then cast(${entry} as text)
    else substr(timeline, 1, length(timeline) - 1) || ',' || substr(cast(${entry} as text), 2) end`

/** A state as a timeline of one entry, in JSON. */
export const timelineEntry = (state: State): string => timelineOf([state])

/** States as a timeline, in JSON. */
export function timelineOf(states: readonly State[]): string {
  return JSON.stringify(
    states.map(({ name, at, message }): TimelineEntry =>
      message === undefined ? [name, at] : [name, at, plainText(message)],
    ),
  )
}

/** The store's clock, in microseconds: the one by which due times, leases and ages are judged, whoever asks. */
export const storeNow: Readonly<Record<Dialect, string>> = {
  sqlite: "cast(unixepoch('subsec') * 1000000 as integer)",
  postgres: '(extract(epoch from clock_timestamp()) * 1000000)::bigint',
}

/** Due in the year 2223: never by itself. */
export const never = 8_000_000_000_000_000

/**
 * `= any (…)` over a list of ids in a parameter. An array, not a sub-select: PostgreSQL would take that for 100 rows and read
 * the whole table.
 */
export const isAnyId = (parameter: string): Readonly<Record<Dialect, string>> => ({
  sqlite: `in (select value from json_each(${parameter}))`,
  postgres: `= any (array(select cast(value as uuid) from json_array_elements_text(cast(${parameter} as json)) as value))`,
})

/** Row locks, of which SQLite has none: it has one writer. */
export const locking = (dialect: Dialect, clause: string): string => (dialect === 'postgres' ? clause : '')
