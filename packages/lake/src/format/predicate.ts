import type { PartitionValue } from './manifest.ts'

type Value = Exclude<PartitionValue, null>

/**
 * A condition on the rows of a table, over field ids. It means what DuckDB means by it: a comparison with null is not true
 * (nor is its negation), NaN equals NaN and is greater than every other number, and −0 equals 0.
 */
export type Predicate =
  | { readonly op: 'true' | 'false' }
  | { readonly op: 'and' | 'or'; readonly parts: readonly Predicate[] }
  | { readonly op: 'not'; readonly part: Predicate }
  | Leaf

/** A condition on one column. */
export type Leaf =
  | { readonly op: Comparison; readonly field: number; readonly value: Value }
  | { readonly op: 'in' | 'not-in'; readonly field: number; readonly values: readonly Value[] }
  | { readonly op: 'is-null' | 'not-null' | 'is-nan' | 'not-nan'; readonly field: number }
  | { readonly op: 'starts-with' | 'not-starts-with'; readonly field: number; readonly prefix: string }

export type Comparison = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte'

/** A predicate whose fields are there, whose values have their types, and that has no `not`. */
export type BoundPredicate =
  | { readonly op: 'true' | 'false' }
  | { readonly op: 'and' | 'or'; readonly parts: readonly BoundPredicate[] }
  | Leaf

/** Whether something holds of every leaf, or of one: with `and` and `or` in between. */
export function evaluate(predicate: BoundPredicate, leaf: (leaf: Leaf) => boolean): boolean {
  switch (predicate.op) {
    case 'true':
      return true
    case 'false':
      return false
    case 'and':
      return predicate.parts.every((part) => evaluate(part, leaf))
    case 'or':
      return predicate.parts.some((part) => evaluate(part, leaf))
    default:
      return leaf(predicate)
  }
}

/** The same predicate with each leaf replaced. */
export function mapLeaves(predicate: BoundPredicate, leaf: (leaf: Leaf) => BoundPredicate): BoundPredicate {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return predicate
    case 'and':
    case 'or':
      return { op: predicate.op, parts: predicate.parts.map((part) => mapLeaves(part, leaf)) }
    default:
      return leaf(predicate)
  }
}
