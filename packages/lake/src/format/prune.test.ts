import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bindPredicate } from './bind-predicate.ts'
import { encodeLowerBound, encodeUpperBound } from './bounds.ts'
import { compareValues } from './compare-values.ts'
import { added, dataFile, everyType, primitiveTypes, runs, valueOf } from './format.fixture.ts'
import type { DataFile, PartitionValue } from './manifest.ts'
import type { Predicate } from './predicate.ts'
import { decodePackedManifest, encodePackedManifest } from './packed-manifest-file.ts'
import { packedStatistics, packManifest } from './packed-manifest.ts'
import { pruner } from './prune.ts'
import type { PrimitiveType } from './schema.ts'
import { encodeSingleValue } from './single-value.ts'
import { summarizeManifest } from './summarize-manifest.ts'
import type { PartitionSpec, Transform } from './table-metadata.ts'
import { applyTransform, transformResultType } from './transforms.ts'

type Value = Exclude<PartitionValue, null>

const transforms: readonly Transform[] = [
  'identity',
  'year',
  'month',
  'day',
  'hour',
  'bucket[4]',
  'truncate[3]',
  'truncate[10]',
  'void',
]

/** A column, what it is partitioned by, its values in the rows of two files, and a predicate that often meets them. */
const cases = fc.constantFrom(...primitiveTypes.entries()).chain(([at, type]) => {
  const value = valueOf(type).map((one) => (type === 'float' ? Math.fround(one as number) : one))
  const fitting = transforms.filter((transform) => transformResultType(transform, type) !== undefined)
  return fc.record({
    field: fc.constant(at + 1),
    type: fc.constant(type),
    transform: fc.constantFrom<Transform>(...fitting),
    rows: fc.array(fc.option(value, { freq: 6 }), { minLength: 1, maxLength: 4 }),
    others: fc.array(value, { minLength: 1, maxLength: 3 }),
    omitted: fc.constantFrom('nothing', 'bounds', 'counts', 'nans'),
    pick: fc.infiniteStream(fc.nat()),
    shape: fc.infiniteStream(fc.nat({ max: 11 })),
  })
})

describe('a file or a manifest is left out only when none of its rows match', () => {
  test('whatever the type, the transform and the predicate', () => {
    let left = 0
    fc.assert(
      fc.property(cases, ({ field, type, transform, rows, others, omitted, pick, shape }) => {
        const literals = [...rows.filter((row) => row !== null), ...others]
        const predicate = predicateOf(field, type, literals, next(pick), next(shape), 2)
        const spec: PartitionSpec = {
          'spec-id': 0,
          fields: [{ 'source-id': field, 'field-id': 1_000, name: 'p', transform }],
        }
        const { mayMatchFile, mayMatchManifest, mayMatch } = pruner(bindPredicate(predicate, everyType), everyType)
        for (const [partition, members] of partitioned(transform, type, rows)) {
          const file = dataFile({
            partition: [partition],
            records: members.length,
            ...statistics(field, type, members, omitted),
          })
          const content = { schema: everyType, spec, content: 'data', entries: [added(file)], snapshotId: 1n } as const
          const manifest = summarizeManifest({ ...content, path: 'm', length: 1 })
          const matches = members.some((row) => holds(predicate, row) === true)
          if (matches) expect([mayMatchFile(file, spec), mayMatchManifest(manifest, spec)]).toStrictEqual([true, true])
          else if (!mayMatchFile(file, spec)) left += 1
          const packed = decodePackedManifest(encodePackedManifest(packManifest([added(file)])))
          expect(packed && mayMatch(packedStatistics(packed, 0), spec)).toBe(mayMatchFile(file, spec))
        }
      }),
      { numRuns: runs * 5 },
    )
    expect(left).toBeGreaterThan(runs / 10)
  }, 120_000)

  test('nor is a file of an old writer that rounded times before 1970 towards 1970', () => {
    const field = primitiveTypes.indexOf('timestamp') + 1
    const spec = {
      'spec-id': 0,
      fields: [{ 'source-id': field, 'field-id': 1_000, name: 'p', transform: 'day' }],
    } as const
    const file = dataFile({ partition: [0] })
    for (const op of ['eq', 'lte'] as const) {
      const { mayMatchFile } = pruner({ op, field, value: -1n }, everyType)
      expect(mayMatchFile(file, spec)).toBe(true)
    }
  })
})

describe('what a scan leaves out', () => {
  const [long, text, double, time] = (['long', 'string', 'double', 'timestamp'] as const).map(
    (type) => primitiveTypes.indexOf(type) + 1,
  ) as [number, number, number, number]
  const unpartitioned: PartitionSpec = { 'spec-id': 0, fields: [] }
  const one = (field: number, rows: readonly PartitionValue[]): DataFile =>
    dataFile({ records: rows.length, ...statistics(field, primitiveTypes[field - 1] ?? 'long', rows, 'nothing') })
  const reads = (predicate: Predicate, file: DataFile): boolean =>
    pruner(bindPredicate(predicate, everyType), everyType).mayMatchFile(file, unpartitioned)

  test('values outside the bounds', () => {
    const file = one(long, [5n, 9n])
    expect(reads({ op: 'eq', field: long, value: 4n }, file)).toBe(false)
    expect(reads({ op: 'in', field: long, values: [1n, 10n] }, file)).toBe(false)
    expect(reads({ op: 'lt', field: long, value: 5 }, file)).toBe(false)
    expect(reads({ op: 'not', part: { op: 'lte', field: long, value: 9n } }, file)).toBe(false)
    expect(reads({ op: 'is-null', field: long }, file)).toBe(false)
    expect(reads({ op: 'eq', field: long, value: 6n }, file)).toBe(true)
  })

  test('text outside cut bounds, and none that lies between what was cut', () => {
    const file = one(text, ['a'.repeat(30), 'a'.repeat(40)])
    expect(reads({ op: 'eq', field: text, value: 'a'.repeat(35) }, file)).toBe(true)
    expect(reads({ op: 'gt', field: text, value: 'b' }, file)).toBe(false)
    expect(reads({ op: 'starts-with', field: text, prefix: 'ab' }, file)).toBe(false)
    expect(reads({ op: 'not', part: { op: 'starts-with', field: text, prefix: 'aa' } }, file)).toBe(false)
    expect(reads({ op: 'not', part: { op: 'starts-with', field: text, prefix: 'a'.repeat(20) } }, file)).toBe(true)
  })

  test('a time below midnight within the day before, and not midnight itself', () => {
    const spec = {
      'spec-id': 0,
      fields: [{ 'source-id': time, 'field-id': 1_000, name: 'p', transform: 'day' }],
    } as const
    const { mayMatchFile } = pruner({ op: 'lt', field: time, value: 86_400_000_000n }, everyType)
    expect([0, 1].map((day) => mayMatchFile(dataFile({ partition: [day] }), spec))).toStrictEqual([true, false])
  })

  test.each<['lte' | 'gte' | 'gt', readonly boolean[]]>([
    ['lte', [true, true, false]],
    ['gte', [false, true, true]],
    ['gt', [false, true, true]],
  ])('midnight itself is in the day that it begins (%s)', (op, expected) => {
    const spec = {
      'spec-id': 0,
      fields: [{ 'source-id': time, 'field-id': 1_000, name: 'p', transform: 'day' }],
    } as const
    const { mayMatchFile } = pruner({ op, field: time, value: 86_400_000_000n }, everyType)
    expect([0, 1, 2].map((day) => mayMatchFile(dataFile({ partition: [day] }), spec))).toStrictEqual(expected)
  })

  test('numbers above the bounds only where there is no NaN, which is above all', () => {
    const above: Predicate = { op: 'gt', field: double, value: 100 }
    expect(reads(above, one(double, [1, 2]))).toBe(false)
    expect(reads(above, one(double, [1, Number.NaN]))).toBe(true)
    expect(reads(above, { ...one(double, [1, 2]), nanCounts: new Map() })).toBe(true)
  })

  test('nothing by the bounds of an old writer that are NaN, or of another length', () => {
    const nan = encodeSingleValue('double', Number.NaN)
    const bounds = { lowerBounds: new Map([[double, nan]]), upperBounds: new Map([[double, Uint8Array.of(1)]]) }
    expect(reads({ op: 'eq', field: double, value: 7 }, dataFile(bounds))).toBe(true)
  })

  test('by bounds that were written before the column was widened', () => {
    const bounds = {
      lowerBounds: new Map([[long, encodeSingleValue('int', 5)]]),
      upperBounds: new Map([[long, encodeSingleValue('int', 9)]]),
    }
    expect(reads({ op: 'eq', field: long, value: 7n }, dataFile(bounds))).toBe(true)
    expect(reads({ op: 'eq', field: long, value: 10n }, dataFile(bounds))).toBe(false)
  })

  test('nothing by counts that are not of all rows', () => {
    const counts = { valueCounts: new Map([[long, 0]]), nullCounts: new Map([[long, 0]]) }
    expect(reads({ op: 'is-null', field: long }, dataFile(counts))).toBe(true)
    expect(reads({ op: 'eq', field: long, value: 1n }, dataFile(counts))).toBe(true)
  })
})

describe('a predicate', () => {
  test.each<[string, Predicate]>([
    ['over a column that is not there', { op: 'is-null', field: 99 }],
    ['that compares a number with text', { op: 'eq', field: 2, value: 'x' }],
    ['that asks whether text is NaN', { op: 'is-nan', field: 10 }],
    ['that asks with what a number starts', { op: 'starts-with', field: 2, prefix: '1' }],
  ])('%s is refused', (_, predicate) => {
    expect(() => bindPredicate(predicate, everyType)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

/** A random predicate over one column, whose values are often those of the rows. */
function predicateOf(
  field: number,
  type: PrimitiveType,
  literals: readonly Value[],
  pick: () => number,
  shape: () => number,
  depth: number,
): Predicate {
  const value = literals[pick() % literals.length] ?? 0
  const below = (): Predicate => predicateOf(field, type, literals, pick, shape, depth - 1)
  const isFloat = type === 'float' || type === 'double'
  switch (depth > 0 ? shape() : shape() % 8) {
    case 0:
      return { op: 'eq', field, value }
    case 1:
      return { op: 'lt', field, value }
    case 2:
      return { op: 'lte', field, value }
    case 3:
      return { op: 'gt', field, value }
    case 4:
      return { op: 'gte', field, value }
    case 5:
      return { op: 'in', field, values: literals.slice(0, pick() % 3) }
    case 6:
      return isFloat && pick() % 2 === 0 ? { op: 'is-nan', field } : { op: 'is-null', field }
    case 7:
      return typeof value === 'string' && type === 'string'
        ? { op: 'starts-with', field, prefix: [...value].slice(0, pick() % 5).join('') }
        : { op: 'ne', field, value }
    case 8:
      return { op: 'and', parts: [below(), below()] }
    case 9:
      return { op: 'or', parts: [below(), below()] }
    default:
      return { op: 'not', part: below() }
  }
}

/** SQL's answer for one value: true, false, or null. */
function holds(predicate: Predicate, row: PartitionValue): boolean | null {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return predicate.op === 'true'
    case 'and': {
      const parts = new Set(predicate.parts.map((part) => holds(part, row)))
      return parts.has(false) ? false : parts.has(null) ? null : true
    }
    case 'or': {
      const parts = new Set(predicate.parts.map((part) => holds(part, row)))
      return parts.has(true) ? true : parts.has(null) ? null : false
    }
    case 'not': {
      const inner = holds(predicate.part, row)
      return inner === null ? null : !inner
    }
    case 'is-null':
      return row === null
    case 'not-null':
      return row !== null
    default:
      break
  }
  if (row === null) return null
  const order = (value: Value): number => (value === 0 && row === 0 ? 0 : compareValues(row, value))
  switch (predicate.op) {
    case 'is-nan':
      return Number.isNaN(row)
    case 'not-nan':
      return !Number.isNaN(row)
    case 'in':
      return predicate.values.some((value) => order(value) === 0)
    case 'not-in':
      return predicate.values.every((value) => order(value) !== 0)
    case 'starts-with':
      return String(row).startsWith(predicate.prefix)
    case 'not-starts-with':
      return !String(row).startsWith(predicate.prefix)
    case 'eq':
      return order(predicate.value) === 0
    case 'ne':
      return order(predicate.value) !== 0
    case 'lt':
      return order(predicate.value) < 0
    case 'lte':
      return order(predicate.value) <= 0
    case 'gt':
      return order(predicate.value) > 0
    default:
      return predicate.op === 'gte' && order(predicate.value) >= 0
  }
}

/** Rows by partition; those that have none are not written. */
function partitioned(
  transform: Transform,
  type: PrimitiveType,
  rows: readonly PartitionValue[],
): readonly (readonly [PartitionValue, readonly PartitionValue[]])[] {
  const groups = new Map<string, [PartitionValue, PartitionValue[]]>()
  for (const row of rows) {
    const value = partitionOf(transform, type, row)
    if (value === undefined) continue
    const key = value instanceof Uint8Array ? value.join() : String(value)
    const group = groups.get(key) ?? [value, []]
    groups.set(key, group)
    group[1].push(row)
  }
  return [...groups.values()]
}

function partitionOf(transform: Transform, type: PrimitiveType, row: PartitionValue): PartitionValue | undefined {
  try {
    return applyTransform(transform, type, row)
  } catch {
    return undefined
  }
}

function statistics(
  field: number,
  type: PrimitiveType,
  rows: readonly PartitionValue[],
  omitted: string,
): Partial<DataFile> {
  const values = rows.filter((row) => row !== null)
  const bounded = values.filter((value) => !Number.isNaN(value)).toSorted(compareValues)
  const [lowest, highest] = [bounded[0], bounded.at(-1)]
  const lower = lowest === undefined ? undefined : encodeLowerBound(type, lowest)
  const upper = highest === undefined ? undefined : encodeUpperBound(type, highest)
  return {
    ...(omitted === 'bounds' || lower === undefined ? {} : { lowerBounds: new Map([[field, lower]]) }),
    ...(omitted === 'bounds' || upper === undefined ? {} : { upperBounds: new Map([[field, upper]]) }),
    ...(omitted === 'counts'
      ? {}
      : { valueCounts: new Map([[field, rows.length]]), nullCounts: new Map([[field, rows.length - values.length]]) }),
    ...(omitted === 'nans'
      ? {}
      : { nanCounts: new Map([[field, values.filter((value) => Number.isNaN(value)).length]]) }),
  }
}

function next(stream: Iterator<number>): () => number {
  return () => Number(stream.next().value)
}
