import type { Duration } from '../duration.ts'
import type { Micros } from '../time.ts'

/** Fires when the wall clock of its zone matches five cron fields. */
export interface CronSchedule {
  readonly kind: 'cron'
  /** Five fields, or a nickname such as `@daily`. */
  readonly cron: string
  readonly timezone: string
}

/**
 * Fires at its anchor and every so often before and after it. Whole days keep the wall-clock time of the anchor in the
 * zone, through summer and winter time; any other interval is elapsed time.
 */
export interface IntervalSchedule {
  readonly kind: 'interval'
  readonly everyMs: number
  /** Any one occurrence: it fixes the phase, not the beginning. */
  readonly anchor: Micros
  readonly timezone: string
}

/** When something is to run, as checked plain data that a database or an API can hold. */
export type Schedule = CronSchedule | IntervalSchedule

/** A schedule by cron, as users write it. */
export interface CronOptions {
  /** Minute, hour, day of month, month, day of week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. */
  readonly cron: string
  /** A name of the IANA database. Default: UTC. */
  readonly timezone?: string
}

/** A schedule by interval, as users write it. */
export interface IntervalOptions {
  /** From 1 second to 100 years, in whole milliseconds. */
  readonly every: Duration
  /**
   * Any one occurrence. Text without an offset is wall-clock time in the zone. Default: midnight of Monday 5 January 1970
   * in the zone, so that days begin at midnight, weeks on Monday, and deploying again never shifts the phase.
   */
  readonly anchor?: string | Date
  /** A name of the IANA database. Default: UTC. */
  readonly timezone?: string
}

/** What users write to say when something is to run; `parseSchedule` makes a {@link Schedule} of it. */
export type ScheduleOptions = CronOptions | IntervalOptions
