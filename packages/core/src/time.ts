/**
 * A point in time: integer microseconds since the epoch, UTC. One unit in memory and in both databases; safe as a
 * JavaScript integer until the year 2255.
 */
export type Micros = number
