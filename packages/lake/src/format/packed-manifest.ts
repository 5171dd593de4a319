import type { DataFile, ManifestEntry } from './manifest.ts'
import type { FileStatistics } from './file-statistics.ts'
import {
  marked,
  type PackedValues,
  packPartitionValue,
  packValues,
  partitionValueOf,
  textOf,
  unmarked,
  valueAt,
} from './packed-values.ts'

/**
 * The live files of a manifest in flat columns: what a scan is planned by, in a hundredth of the objects. What only rewriting a
 * manifest needs (sizes of columns, split offsets, ids of snapshots) is not in it.
 */
export interface PackedManifest {
  readonly count: number
  readonly contents: Uint8Array
  /** NaN: none. */
  readonly sequenceNumbers: Float64Array
  readonly records: Float64Array
  readonly sizes: Float64Array
  readonly paths: PackedValues
  /** In the order of the spec's fields. */
  readonly partition: readonly PackedValues[]
  /** By field id. */
  readonly columns: ReadonlyMap<number, PackedColumn>
}

/** What is known of one column in every file. NaN: not known of this file. */
export interface PackedColumn {
  readonly values: Float64Array
  readonly nulls: Float64Array
  readonly nans: Float64Array
  readonly lower: PackedValues
  readonly upper: PackedValues
}

/** A file that a scan reads. */
export interface ScanEntry {
  readonly sequenceNumber: number | null
  readonly file: Pick<DataFile, 'content' | 'path' | 'records' | 'size'>
}

/** Deleted entries are left out: no scan asks for them. */
export function packManifest(entries: readonly ManifestEntry[]): PackedManifest {
  const live = entries.filter(({ status }) => status !== 'deleted')
  const files = live.map(({ file }) => file)
  const width = files.reduce((most, { partition }) => Math.max(most, partition.length), 0)
  return {
    count: files.length,
    contents: Uint8Array.from(files, ({ content }) => content),
    sequenceNumbers: Float64Array.from(live, ({ sequenceNumber }) => sequenceNumber ?? Number.NaN),
    records: Float64Array.from(files, ({ records }) => records),
    sizes: Float64Array.from(files, ({ size }) => size),
    paths: packValues(files.map(({ path }) => Buffer.from(path))),
    partition: Array.from({ length: width }, (_, at) =>
      packValues(files.map(({ partition }) => packPartitionValue(partition[at]))),
    ),
    columns: new Map(columnIds(files).map((id) => [id, packColumn(files, id)])),
  }
}

const statistics = ['valueCounts', 'nullCounts', 'nanCounts', 'lowerBounds', 'upperBounds'] as const

function columnIds(files: readonly DataFile[]): readonly number[] {
  const ids = new Set<number>()
  for (const file of files) for (const name of statistics) for (const id of file[name]?.keys() ?? []) ids.add(id)
  return [...ids]
}

function packColumn(files: readonly DataFile[], id: number): PackedColumn {
  const counts = (name: 'valueCounts' | 'nullCounts' | 'nanCounts'): Float64Array =>
    files.some((file) => file[name]?.has(id))
      ? Float64Array.from(files, (file) => file[name]?.get(id) ?? Number.NaN)
      : new Float64Array()
  return {
    values: counts('valueCounts'),
    nulls: counts('nullCounts'),
    nans: counts('nanCounts'),
    lower: packValues(files.map(({ lowerBounds }) => marked(lowerBounds?.get(id)))),
    upper: packValues(files.map(({ upperBounds }) => marked(upperBounds?.get(id)))),
  }
}

/** One file, as {@link packManifest} packed it. */
export function packedEntry(packed: PackedManifest, at: number): ScanEntry {
  const sequenceNumber = packed.sequenceNumbers[at] ?? Number.NaN
  return {
    sequenceNumber: Number.isNaN(sequenceNumber) ? null : sequenceNumber,
    file: {
      content: (packed.contents[at] ?? 0) as DataFile['content'],
      path: textOf(valueAt(packed.paths, at) ?? new Uint8Array()),
      records: packed.records[at] ?? 0,
      size: packed.sizes[at] ?? 0,
    },
  }
}

/** What pruning asks of one file. Nothing is unpacked that is not asked for. */
export function packedStatistics(packed: PackedManifest, at: number): FileStatistics {
  const column = (field: number): PackedColumn | undefined => packed.columns.get(field)
  return {
    records: packed.records[at] ?? 0,
    partitionValue: (place) => {
      const values = packed.partition[place]
      return values && partitionValueOf(valueAt(values, at))
    },
    valueCount: (field) => countAt(column(field)?.values, at),
    nullCount: (field) => countAt(column(field)?.nulls, at),
    nanCount: (field) => countAt(column(field)?.nans, at),
    lowerBound: (field) => boundAt(column(field)?.lower, at),
    upperBound: (field) => boundAt(column(field)?.upper, at),
  }
}

function countAt(counts: Float64Array | undefined, at: number): number | undefined {
  const count = counts?.[at]
  return count === undefined || Number.isNaN(count) ? undefined : count
}

function boundAt(bounds: PackedValues | undefined, at: number): Uint8Array | undefined {
  return bounds && unmarked(valueAt(bounds, at))
}
