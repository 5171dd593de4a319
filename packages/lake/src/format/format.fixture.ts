import * as fc from 'fast-check'
import type { DataFile, ManifestEntry, PartitionValue } from './manifest.ts'
import { plainTypes } from './primitive-type.ts'
import type { PrimitiveType, Schema } from './schema.ts'
import type { PartitionSpec } from './table-metadata.ts'

/** How many random cases a property is tried with. */
export const runs: number = Number(process.env['RUNS'] ?? 100)

export const primitiveTypes: readonly PrimitiveType[] = [...plainTypes, 'fixed[5]', 'decimal(9, 2)', 'decimal(38, 10)']

/** A value of a type, with the ends of its range and what is special about it. */
export function valueOf(type: PrimitiveType): fc.Arbitrary<Exclude<PartitionValue, null>> {
  switch (type) {
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.oneof(fc.integer(), fc.integer({ min: -50, max: 50 }))
    case 'date':
      return fc.oneof(fc.integer({ min: -1_000_000, max: 3_000_000 }), fc.integer({ min: -800, max: 800 }))
    case 'long':
      return fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -50n, max: 50n }))
    case 'time':
      return fc.bigInt({ min: 0n, max: 86_399_999_999n })
    case 'timestamp':
    case 'timestamptz':
      return fc.oneof(
        fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
        fc.bigInt({ min: -200_000_000_000n, max: 200_000_000_000n }),
        fc.bigInt({ min: -40n, max: 40n }).map((hour) => hour * 3_600_000_000n),
      )
    case 'float':
      return fc.oneof(fc.float(), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 1.5))
    case 'double':
      return fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 1.5))
    case 'string':
      return fc.oneof(
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '\u{d7ff}', '\u{e000}', '\u{10ffff}', '😀'), maxLength: 20 }),
      )
    case 'uuid':
      return fc.uuid()
    case 'binary':
      return fc.uint8Array({ maxLength: 24 })
    case 'decimal(9, 2)':
      return fc.bigInt({ min: -999_999_999n, max: 999_999_999n })
    case 'decimal(38, 10)':
      return fc.oneof(fc.bigInt({ min: 1n - 10n ** 38n, max: 10n ** 38n - 1n }), fc.bigInt({ min: -300n, max: 300n }))
    default:
      return fc.uint8Array({ minLength: 5, maxLength: 5 })
  }
}

/** One column of every primitive type, with ids from 1 on. */
export const everyType: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: primitiveTypes.map((type, at) => ({ id: at + 1, name: `c_${at + 1}`, required: false, type })),
}

export function dataFile(changes: Partial<DataFile> = {}): DataFile {
  const path = 'file:///lake/bronze/trips-00000000/data/a.parquet'
  return { content: 0, path, format: 'PARQUET', partition: [], records: 3, size: 1_000, ...changes }
}

export function added(file: DataFile): ManifestEntry {
  return { status: 'added', snapshotId: null, sequenceNumber: null, fileSequenceNumber: null, file }
}

/** One identity field of every primitive type. */
export const everyPartition: PartitionSpec = {
  'spec-id': 3,
  fields: primitiveTypes.map((_, at) => ({
    'source-id': at + 1,
    'field-id': 1_000 + at,
    name: `c ${at + 1}`,
    transform: 'identity',
  })),
}

const counts = fc.dictionary(fc.integer({ min: 1, max: 30 }).map(String), fc.maxSafeNat()).map(intMap)
const bounds = fc.dictionary(fc.integer({ min: 1, max: 30 }).map(String), fc.uint8Array({ maxLength: 20 })).map(intMap)

/** With partitions of {@link everyPartition}. */
export const anyFile: fc.Arbitrary<DataFile> = fc.record(
  {
    content: fc.constant(0 as const),
    path: fc.string({ unit: 'grapheme' }),
    format: fc.constant('PARQUET' as const),
    partition: fc.tuple(...primitiveTypes.map((type) => fc.option(valueOf(type)))),
    records: fc.maxSafeNat(),
    size: fc.maxSafeNat(),
    columnSizes: counts,
    valueCounts: counts,
    nullCounts: counts,
    nanCounts: counts,
    lowerBounds: bounds,
    upperBounds: bounds,
    splitOffsets: fc.array(fc.maxSafeNat()),
    equalityIds: fc.array(fc.integer()),
    sortOrderId: fc.nat(),
  },
  { requiredKeys: ['content', 'path', 'format', 'partition', 'records', 'size'], noNullPrototype: true },
)

export const anyEntry: fc.Arbitrary<ManifestEntry> = fc.record({
  status: fc.constantFrom('existing', 'added', 'deleted'),
  snapshotId: fc.bigInt({ min: 1n, max: 9_223_372_036_854_775_807n }),
  sequenceNumber: fc.nat(),
  fileSequenceNumber: fc.nat(),
  file: anyFile,
})

function intMap<V>(record: Readonly<Record<string, V>>): ReadonlyMap<number, V> {
  return new Map(Object.entries(record).map(([key, value]) => [Number(key), value]))
}
