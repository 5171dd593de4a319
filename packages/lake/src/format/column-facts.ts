import { compareValues } from './compare-values.ts'
import type { PartitionValue } from './manifest.ts'
import type { Comparison, Leaf } from './predicate.ts'

type Value = Exclude<PartitionValue, null>

/** What is known of a column's values in some rows. What is not known is possible. */
export interface ColumnFacts {
  readonly mayBeNull: boolean
  /** NaN is not within the bounds. */
  readonly mayBeNan: boolean
  /** Whether there may be values that are neither null nor NaN. */
  readonly mayBeValue: boolean
  /** Undefined: not known. */
  readonly lower: Value | undefined
  readonly upper: Value | undefined
}

/** What is known of a column without statistics. */
export const anything: ColumnFacts = {
  mayBeNull: true,
  mayBeNan: true,
  mayBeValue: true,
  lower: undefined,
  upper: undefined,
}

/** Whether a leaf may be true of one of the rows. Never says no when it is. */
export function mayHold(leaf: Leaf, facts: ColumnFacts): boolean {
  switch (leaf.op) {
    case 'is-null':
      return facts.mayBeNull
    case 'not-null':
      return facts.mayBeValue || facts.mayBeNan
    case 'is-nan':
      return facts.mayBeNan
    case 'not-nan':
      return facts.mayBeValue
    case 'in':
      return leaf.values.some((value) => mayCompare('eq', value, facts))
    case 'not-in':
      // SQL: what differs from all of them; enough for "never no" is one of them alone.
      return leaf.values.every((value) => mayCompare('ne', value, facts)) && (facts.mayBeValue || facts.mayBeNan)
    case 'starts-with':
      return facts.mayBeValue && mayStartWith(leaf.prefix, facts)
    case 'not-starts-with':
      return facts.mayBeValue && !allStartWith(leaf.prefix, facts)
    default:
      return mayCompare(leaf.op, leaf.value, facts)
  }
}

function mayCompare(op: Comparison, value: Value, facts: ColumnFacts): boolean {
  if (Number.isNaN(value)) return mayCompareWithNan(op, facts)
  const { lower, upper, mayBeNan, mayBeValue } = facts
  const low = lower === undefined ? -1 : numericOrder(lower, value)
  const high = upper === undefined ? 1 : numericOrder(upper, value)
  switch (op) {
    case 'eq':
      return mayBeValue && low <= 0 && high >= 0
    case 'ne':
      return mayBeNan || (mayBeValue && !(lower !== undefined && upper !== undefined && low === 0 && high === 0))
    case 'lt':
      return mayBeValue && low < 0
    case 'lte':
      return mayBeValue && low <= 0
    case 'gt':
      return mayBeNan || (mayBeValue && high > 0)
    default:
      return mayBeNan || (mayBeValue && high >= 0)
  }
}

/** NaN is above every other number, and equal to itself. */
function mayCompareWithNan(op: Comparison, facts: ColumnFacts): boolean {
  if (op === 'eq' || op === 'gte') return facts.mayBeNan
  if (op === 'gt') return false
  return facts.mayBeValue || (op === 'lte' && facts.mayBeNan)
}

/** The order of bounds, but −0 is 0. */
function numericOrder(a: Value, b: Value): number {
  return a === 0 && b === 0 ? 0 : compareValues(a, b)
}

function mayStartWith(prefix: string, { lower, upper }: ColumnFacts): boolean {
  // What starts with the prefix lies from the prefix on, and below all that is greater and does not start with it.
  if (typeof upper === 'string' && compareValues(upper, prefix) < 0) return false
  return !(typeof lower === 'string' && compareValues(lower, prefix) > 0 && !lower.startsWith(prefix))
}

/** Both bounds start with it, and so does all that lies between. */
function allStartWith(prefix: string, { lower, upper }: ColumnFacts): boolean {
  return typeof lower === 'string' && typeof upper === 'string' && lower.startsWith(prefix) && upper.startsWith(prefix)
}
