import { anything, type ColumnFacts, mayHold } from './column-facts.ts'
import { type FileStatistics, fileStatistics } from './file-statistics.ts'
import type { DataFile, ManifestFile, PartitionSummary, PartitionValue } from './manifest.ts'
import { partitionFields, type TypedPartitionField } from './partition-type.ts'
import { type BoundPredicate, evaluate } from './predicate.ts'
import { projectPredicate } from './project-predicate.ts'
import { fieldsById } from './schema-fields.ts'
import type { PrimitiveType, Schema } from './schema.ts'
import { decodeSingleValue } from './single-value.ts'
import type { PartitionSpec } from './table-metadata.ts'

/** Tells what a scan need not read. It never says no where a row may match; other no's only cost time. */
export interface Pruner {
  readonly mayMatchManifest: (manifest: ManifestFile, spec: PartitionSpec) => boolean
  readonly mayMatchFile: (file: DataFile, spec: PartitionSpec) => boolean
  /** The same for a file in any form. */
  readonly mayMatch: (file: FileStatistics, spec: PartitionSpec) => boolean
}

/** The pruner of a predicate. Projections are made once per partition spec. */
export function pruner(predicate: BoundPredicate, schema: Schema): Pruner {
  const types = new Map<number, PrimitiveType>()
  for (const [id, { field }] of fieldsById(schema)) if (typeof field.type === 'string') types.set(id, field.type)
  const bySpec = new Map<number, SpecPruner>()
  const of = (spec: PartitionSpec): SpecPruner => {
    const known = bySpec.get(spec['spec-id']) ?? specPruner(predicate, partitionFields(spec, schema))
    bySpec.set(spec['spec-id'], known)
    return known
  }
  const mayMatch = (file: FileStatistics, spec: PartitionSpec): boolean =>
    of(spec).mayMatch(file) && evaluate(predicate, (leaf) => mayHold(leaf, fileFacts(file, leaf.field, types)))
  return {
    mayMatchManifest: (manifest, spec) => of(spec).mayMatchManifest(manifest),
    mayMatchFile: (file, spec) => mayMatch(fileStatistics(file), spec),
    mayMatch,
  }
}

interface SpecPruner {
  readonly mayMatchManifest: (manifest: ManifestFile) => boolean
  readonly mayMatch: (file: FileStatistics) => boolean
}

function specPruner(predicate: BoundPredicate, partition: readonly TypedPartitionField[]): SpecPruner {
  const projected = projectPredicate(predicate, partition)
  const places = new Map(partition.map(({ field, type }, at) => [field['field-id'], { at, type }]))
  const holds = (factsOf: (place: { readonly at: number; readonly type: PrimitiveType }) => ColumnFacts): boolean =>
    evaluate(projected, (leaf) => {
      const place = places.get(leaf.field)
      return place === undefined || mayHold(leaf, factsOf(place))
    })
  return {
    mayMatchManifest: ({ partitions }) => holds(({ at, type }) => summaryFacts(partitions[at], type)),
    mayMatch: (file) => holds(({ at }) => valueFacts(file.partitionValue(at))),
  }
}

/** Of one value that all rows share. */
function valueFacts(value: PartitionValue | undefined): ColumnFacts {
  if (value === undefined) return anything
  const isNan = Number.isNaN(value)
  const known = value === null || isNan ? undefined : value
  return { mayBeNull: value === null, mayBeNan: isNan, mayBeValue: known !== undefined, lower: known, upper: known }
}

function summaryFacts(summary: PartitionSummary | undefined, type: PrimitiveType): ColumnFacts {
  if (summary === undefined) return anything
  const { containsNull, containsNan, lower, upper } = summary
  return {
    mayBeNull: containsNull,
    mayBeNan: isFloat(type) && containsNan !== false,
    mayBeValue: true,
    lower: bound(type, lower),
    upper: bound(type, upper),
  }
}

function fileFacts(file: FileStatistics, field: number, types: ReadonlyMap<number, PrimitiveType>): ColumnFacts {
  const type = types.get(field)
  const nulls = file.nullCount(field)
  const values = file.valueCount(field)
  const nans = file.nanCount(field)
  // Counts that are not of all rows (some writers count what is written only) say nothing.
  const isCounted = values === undefined || values === file.records
  const mayBeNull = nulls !== 0 || !isCounted
  if (type === undefined) return { ...anything, mayBeNull }
  const mayBeNan = isFloat(type) && (nans !== 0 || !isCounted)
  const isEmpty = isCounted && values !== undefined && nulls !== undefined && nulls + (nans ?? 0) === values
  return {
    mayBeNull,
    mayBeNan: mayBeNan && !(isEmpty && nulls === values),
    mayBeValue: !isEmpty,
    lower: bound(type, file.lowerBound(field)),
    upper: bound(type, file.upperBound(field)),
  }
}

/** What cannot be read, or is NaN as old writers have it, says nothing. */
function bound(type: PrimitiveType, bytes: Uint8Array | undefined): Exclude<PartitionValue, null> | undefined {
  if (bytes === undefined) return undefined
  try {
    const value = decodeSingleValue(type, bytes)
    return Number.isNaN(value) ? undefined : value
  } catch {
    return undefined
  }
}

function isFloat(type: PrimitiveType): boolean {
  return type === 'float' || type === 'double'
}
