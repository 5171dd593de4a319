import type { PartitionBy } from './types.ts'

type Partition = Exclude<PartitionBy, string>

/** Partitions by the year of a date or timestamp. */
export function year(column: string): Partition {
  return { column, transform: 'year' }
}

/** Partitions by the month of a date or timestamp. */
export function month(column: string): Partition {
  return { column, transform: 'month' }
}

/**
 * Partitions by the day of a date or timestamp.
 *
 * @example
 * const trips = table('bronze.trips', { partitionBy: [day('pickup_at')] })
 */
export function day(column: string): Partition {
  return { column, transform: 'day' }
}

/** Partitions by the hour of a timestamp. */
export function hour(column: string): Partition {
  return { column, transform: 'hour' }
}

/** Partitions by a hash of the value: into `count` parts of about the same size. */
export function bucket(column: string, count: number): Partition {
  return { column, transform: `bucket[${count}]` }
}

/** Partitions by the beginning of a text, or by ranges of numbers: both `width` wide. */
export function truncate(column: string, width: number): Partition {
  return { column, transform: `truncate[${width}]` }
}
