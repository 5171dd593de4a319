import * as fc from 'fast-check'
import { plainTypes } from '../format/primitive-type.ts'
import type { Field, IcebergType, PrimitiveType, Schema } from '../format/schema.ts'

const decimal = fc
  .integer({ min: 1, max: 38 })
  .chain((precision) =>
    fc.integer({ min: 0, max: precision }).map((scale): PrimitiveType => `decimal(${precision}, ${scale})`),
  )

const name = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/) },
  { weight: 1, arbitrary: fc.constantFrom('a b', 'say "hi"', "it's", 'é(', 'x,y', 'select', 'from', 'a.b') },
)

type Shape =
  | PrimitiveType
  | { readonly list: Shape }
  | { readonly map: readonly [PrimitiveType, Shape] }
  | { readonly struct: readonly (readonly [string, Shape])[] }

/** Any schema of the format's version 2, nested up to three levels. `flat`: without nested types. */
export function anySchema(options: { readonly fixed?: boolean; readonly flat?: boolean } = {}): fc.Arbitrary<Schema> {
  const primitive = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...plainTypes) },
    { weight: 2, arbitrary: decimal },
    ...(options.fixed ? [{ weight: 1, arbitrary: fc.constantFrom<PrimitiveType>('fixed[1]', 'fixed[12]') }] : []),
  )
  const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
    shape: options.flat
      ? primitive
      : fc.oneof(
          { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
          { weight: 6, arbitrary: primitive },
          { weight: 1, arbitrary: fc.record({ list: tie('shape') }) },
          {
            weight: 1,
            arbitrary: fc.record({ map: fc.tuple(fc.constantFrom<PrimitiveType>('string', 'long'), tie('shape')) }),
          },
          { weight: 1, arbitrary: fc.record({ struct: members(tie('shape')) }) },
        ),
  }))
  return members(shape).map(schemaOf)
}

function members(shape: fc.Arbitrary<Shape>): fc.Arbitrary<readonly (readonly [string, Shape])[]> {
  return fc.uniqueArray(fc.tuple(name, shape), {
    minLength: 1,
    maxLength: 5,
    selector: ([text]) => text.toLowerCase(),
  })
}

function schemaOf(columns: readonly (readonly [string, Shape])[]): Schema {
  let last = 0
  const nextId = (): number => ++last
  return { type: 'struct', 'schema-id': 0, fields: fieldsOf(columns, nextId) }
}

function fieldsOf(columns: readonly (readonly [string, Shape])[], nextId: () => number): readonly Field[] {
  const ids = columns.map(() => nextId())
  return columns.map(([text, shape], i) => ({
    id: ids[i] ?? 0,
    name: text,
    required: false,
    type: typeOf(shape, nextId),
  }))
}

function typeOf(shape: Shape, nextId: () => number): IcebergType {
  if (typeof shape === 'string') return shape
  if ('struct' in shape) return { type: 'struct', fields: fieldsOf(shape.struct, nextId) }
  const id = nextId()
  if ('list' in shape)
    return { type: 'list', 'element-id': id, element: typeOf(shape.list, nextId), 'element-required': false }
  const valueId = nextId()
  return {
    type: 'map',
    'key-id': id,
    key: shape.map[0],
    'value-id': valueId,
    value: typeOf(shape.map[1], nextId),
    'value-required': false,
  }
}
