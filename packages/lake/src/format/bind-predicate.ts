import { SluiceError } from '@sluice/core'
import type { PartitionValue } from './manifest.ts'
import type { BoundPredicate, Leaf, Predicate } from './predicate.ts'
import { fixedLengthOf } from './primitive-type.ts'
import { fieldsById } from './schema-fields.ts'
import type { PrimitiveType, Schema } from './schema.ts'

/**
 * Fits a predicate to a schema: negations go down to the leaves, and columns and values are looked at.
 *
 * @throws SluiceError `OPTION_INVALID` for a column that is not there or has not one value per row, or a value that cannot be
 * compared with it.
 */
export function bindPredicate(predicate: Predicate, schema: Schema): BoundPredicate {
  const fields = fieldsById(schema)
  return withoutNot(predicate, false, (leaf) => {
    const place = fields.get(leaf.field)
    if (place === undefined || place.repeated) throw invalid(`field ${leaf.field} is no column of the table`)
    const { type } = place.field
    const asksNull = leaf.op === 'is-null' || leaf.op === 'not-null'
    if (!asksNull && typeof type !== 'string') throw invalid(`${place.path} is a ${type.type}, which is not compared`)
    if (typeof type === 'string') checkValues(leaf, type, place.path)
    return leaf
  })
}

function withoutNot(predicate: Predicate, negated: boolean, bind: (leaf: Leaf) => Leaf): BoundPredicate {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return { op: (predicate.op === 'true') === negated ? 'false' : 'true' }
    case 'and':
    case 'or': {
      const parts = predicate.parts.map((part) => withoutNot(part, negated, bind))
      return { op: (predicate.op === 'and') === negated ? 'or' : 'and', parts }
    }
    case 'not':
      return withoutNot(predicate.part, !negated, bind)
    default:
      return negated ? opposite(bind(predicate)) : bind(predicate)
  }
}

/** Null is neither: a comparison and its opposite are both not true of it. Of NaN, the greatest, one of them is. */
function opposite(leaf: Leaf): BoundPredicate {
  if ('value' in leaf) return { ...leaf, op: opposites[leaf.op] }
  if ('values' in leaf) return { ...leaf, op: leaf.op === 'in' ? 'not-in' : 'in' }
  if ('prefix' in leaf) return { ...leaf, op: leaf.op === 'starts-with' ? 'not-starts-with' : 'starts-with' }
  return { ...leaf, op: oppositeTests[leaf.op] }
}

const oppositeTests = {
  'is-null': 'not-null',
  'not-null': 'is-null',
  'is-nan': 'not-nan',
  'not-nan': 'is-nan',
} as const

const opposites = { eq: 'ne', ne: 'eq', lt: 'gte', gte: 'lt', gt: 'lte', lte: 'gt' } as const

function checkValues(leaf: Leaf, type: PrimitiveType, path: string): void {
  const [kind] = kindsOf(type)
  if ('prefix' in leaf && type !== 'string') throw invalid(`${path} is no text that could start with anything`)
  if ((leaf.op === 'is-nan' || leaf.op === 'not-nan') && kind !== 'number') throw invalid(`${path} is never NaN`)
  const values = 'values' in leaf ? leaf.values : 'value' in leaf ? [leaf.value] : []
  const wrong = values.find((value) => !kindsOf(type).includes(kindOf(value)))
  if (wrong !== undefined) throw invalid(`${path} has the type ${type} and is not compared with ${String(wrong)}`)
}

/** What a type's values are in JavaScript, its own form first. Whole numbers and bigints compare exactly. */
function kindsOf(type: PrimitiveType): readonly string[] {
  if (type === 'boolean') return ['boolean']
  if (type === 'string' || type === 'uuid') return ['string']
  if (type === 'float' || type === 'double') return ['number', 'bigint']
  return type === 'binary' || fixedLengthOf(type) !== undefined ? ['bytes'] : ['bigint', 'number']
}

function kindOf(value: PartitionValue): string {
  return value instanceof Uint8Array ? 'bytes' : typeof value
}

function invalid(problem: string): SluiceError<'OPTION_INVALID'> {
  return new SluiceError('OPTION_INVALID', { option: 'where', problem })
}
