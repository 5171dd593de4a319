/** One measurement: a module in `measurements/`, run in a process of its own so that memory and compiled code do not mix. */
export interface Measurement {
  readonly name: string
  /** It gets an empty PostgreSQL database. */
  readonly postgres?: true
  /** Minutes, not seconds: only when it is asked for by its name, or with `--long`. */
  readonly long?: true
}

/** In the order in which they are printed. */
export const measurements: readonly Measurement[] = [
  { name: 'sqlite-tasks' },
  { name: 'postgres-tasks', postgres: true },
  { name: 'sqlite-size' },
  { name: 'postgres-size', postgres: true },
  { name: 'memory-sequential' },
  { name: 'memory-map' },
  { name: 'start' },
  { name: 'resume' },
  { name: 'keys' },
  { name: 'copy', postgres: true },
  { name: 'lake-csv' },
  { name: 'lake-careful' },
  { name: 'lake-rows' },
  { name: 'lake-small' },
  { name: 'lake-merge' },
  { name: 'lake-keyed' },
  { name: 'lake-plan' },
  { name: 'lake-query' },
  { name: 'dispatch' },
  { name: 'hundred-runs' },
  { name: 'api-create' },
  { name: 'dev-start' },
  { name: 'served-tasks', postgres: true },
  { name: 'served-resume', postgres: true },
  { name: 'workflows' },
  { name: 'kill-worker' },
  { name: 'schedules', postgres: true, long: true },
  { name: 'lake-memory', long: true },
  { name: 'lake-peers', postgres: true, long: true },
  { name: 'run-lists', postgres: true, long: true },
]
