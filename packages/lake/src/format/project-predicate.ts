import type { TypedPartitionField } from './partition-type.ts'
import type { PartitionValue } from './manifest.ts'
import { type BoundPredicate, type Leaf, mapLeaves } from './predicate.ts'
import type { PrimitiveType } from './schema.ts'
import { applyTransform, parseTransform } from './transforms.ts'

type Value = Exclude<PartitionValue, null>

const always: BoundPredicate = { op: 'true' }

/**
 * What must be true of a row's partition for the predicate to be true of the row. Its leaves name partition fields, by their
 * ids. Inclusive: a partition for which it is false has no such row.
 */
export function projectPredicate(predicate: BoundPredicate, partition: readonly TypedPartitionField[]): BoundPredicate {
  return mapLeaves(predicate, (leaf) => {
    const parts = partition
      .filter(({ field }) => field['source-id'] === leaf.field)
      .map((part) => projected(leaf, part))
    return parts.length === 0 ? always : { op: 'and', parts }
  })
}

function projected(leaf: Leaf, { field, source }: TypedPartitionField): BoundPredicate {
  const parsed = parseTransform(field.transform)
  const id = field['field-id']
  if (source === undefined || parsed === undefined || parsed.kind === 'void') return always
  if (parsed.kind === 'identity') return { ...leaf, field: id }
  if (leaf.op === 'is-null' || leaf.op === 'not-null') return { op: leaf.op, field: id }
  const transform = (value: Value): Value | undefined => transformed(field.transform, source, value)
  if (parsed.kind === 'bucket') return projectedToBucket(leaf, id, transform)
  return projectedInOrder(leaf, id, source, transform, parsed.kind !== 'truncate')
}

/** Equal values are in one bucket; order says nothing. */
function projectedToBucket(leaf: Leaf, field: number, transform: (value: Value) => Value | undefined): BoundPredicate {
  const values = leaf.op === 'in' ? leaf.values : leaf.op === 'eq' ? [leaf.value] : undefined
  return values === undefined ? always : oneOf(field, values.map(transform))
}

function oneOf(field: number, values: readonly (Value | undefined)[]): BoundPredicate {
  const known = values.filter((value) => value !== undefined)
  return known.length < values.length ? always : { op: 'in', field, values: known }
}

/** The transform keeps the order of values: at most v, so at most the transform of v. */
function projectedInOrder(
  leaf: Leaf,
  field: number,
  source: PrimitiveType,
  transform: (value: Value) => Value | undefined,
  isTime: boolean,
): BoundPredicate {
  const upTo = (value: Value | undefined): BoundPredicate =>
    value === undefined ? always : { op: 'lte', field, value: isTime ? corrected(value) : value }
  const from = (value: Value | undefined): BoundPredicate =>
    value === undefined ? always : { op: 'gte', field, value }
  const equalTo = (values: readonly Value[]): BoundPredicate => {
    const results = values.map(transform)
    return oneOf(field, isTime ? results.flatMap(withCorrected) : results)
  }
  switch (leaf.op) {
    case 'eq':
      return equalTo([leaf.value])
    case 'in':
      return equalTo(leaf.values)
    case 'lt':
      return upTo(transform(before(source, leaf.value)))
    case 'lte':
      return upTo(transform(leaf.value))
    case 'gt':
      return from(transform(after(source, leaf.value)))
    case 'gte':
      return from(transform(leaf.value))
    case 'starts-with':
      // A prefix longer than the partition's text is cut like every other text.
      return startsWith(field, transform(leaf.prefix))
    default:
      return always
  }
}

function startsWith(field: number, prefix: Value | undefined): BoundPredicate {
  return typeof prefix === 'string' ? { op: 'starts-with', field, prefix } : always
}

/** Old writers of other engines rounded times before 1970 towards 1970: their partitions are one too high. */
function corrected(value: Value): Value {
  return typeof value === 'number' && value < 0 ? value + 1 : value
}

function withCorrected(value: Value | undefined): readonly (Value | undefined)[] {
  return value === undefined || corrected(value) === value ? [value] : [value, corrected(value)]
}

/** Below midnight is within the day before. Not for decimals, text and bytes: a little too much is read of those. */
function before(source: PrimitiveType, value: Value): Value {
  return isWhole(source) && isInteger(value) ? BigInt(value) - 1n : value
}

function after(source: PrimitiveType, value: Value): Value {
  return isWhole(source) && isInteger(value) ? BigInt(value) + 1n : value
}

function isWhole(type: PrimitiveType): boolean {
  return ['int', 'long', 'date', 'timestamp', 'timestamptz'].includes(type)
}

function isInteger(value: Value): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

/** Undefined: the value has no place in the column's type, so nothing can be said. */
function transformed(
  transform: TypedPartitionField['field']['transform'],
  type: PrimitiveType,
  value: Value,
): Value | undefined {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return undefined
  try {
    return applyTransform(transform, type, value) ?? undefined
  } catch {
    return undefined
  }
}
