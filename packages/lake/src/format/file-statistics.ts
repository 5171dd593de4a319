import type { DataFile, PartitionValue } from './manifest.ts'

/** What pruning asks of a data file, whichever form the file is kept in. Undefined: not known. */
export interface FileStatistics {
  readonly records: number
  /** By the place of the field in its spec. */
  readonly partitionValue: (at: number) => PartitionValue | undefined
  readonly valueCount: (field: number) => number | undefined
  readonly nullCount: (field: number) => number | undefined
  readonly nanCount: (field: number) => number | undefined
  readonly lowerBound: (field: number) => Uint8Array | undefined
  readonly upperBound: (field: number) => Uint8Array | undefined
}

export function fileStatistics(file: DataFile): FileStatistics {
  return {
    records: file.records,
    partitionValue: (at) => file.partition[at],
    valueCount: (field) => file.valueCounts?.get(field),
    nullCount: (field) => file.nullCounts?.get(field),
    nanCount: (field) => file.nanCounts?.get(field),
    lowerBound: (field) => file.lowerBounds?.get(field),
    upperBound: (field) => file.upperBounds?.get(field),
  }
}
