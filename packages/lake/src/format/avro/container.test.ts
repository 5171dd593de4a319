import { deflateRawSync, zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { added, dataFile, everyType, runs } from '../format.fixture.ts'
import { decodeManifest, encodeManifest } from '../manifest-file.ts'
import { decodeManifestList, encodeManifestList } from '../manifest-list.ts'
import type { ManifestFile } from '../manifest.ts'
import { summarizeManifest } from '../summarize-manifest.ts'
import type { AvroSchema } from './avro-schema.ts'
import { ByteSink } from './byte-sink.ts'
import { ByteSource } from './byte-source.ts'
import { readContainer, writeContainer } from './container.ts'
import { valueWriter } from './value-writer.ts'

const invalid: unknown = expect.objectContaining({ code: 'LAKE_METADATA_INVALID' })

const content = {
  schema: everyType,
  spec: { 'spec-id': 0, fields: [] },
  content: 'data',
  entries: [added(dataFile({ lowerBounds: new Map([[1, Uint8Array.of(1)]]) }))],
  snapshotId: 2n ** 62n,
} as const
const bytes = encodeManifest(content)
const manifest = { ...summarizeManifest({ ...content, path: 'm', length: bytes.length }), sequenceNumber: 4 }

describe('integers', () => {
  test('of 64 bits are exact, whether a number can hold them or not', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const read = read64(value)
        expect(BigInt(read)).toBe(value)
        expect(typeof read).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint')
      }),
      {
        numRuns: runs,
        examples: [[2n ** 53n], [-(2n ** 53n)], [2n ** 27n], [2n ** 31n], [-(2n ** 63n)], [2n ** 63n - 1n]],
      },
    )
  })

  test('of more than 64 bits are refused', () => {
    expect(() => new ByteSource(new Uint8Array(12).fill(0xff)).long()).toThrow(/more than 64 bits/)
  })
})

describe('a damaged file is a typed error, never a wrong answer or a crash', () => {
  test('cut anywhere', () => {
    for (let length = 0; length < bytes.length; length += 1) {
      const entries = tried(() => decodeManifest(bytes.subarray(0, length), manifest))
      // Cut between two blocks it is a shorter file, and the manifest list's counts tell.
      if (entries !== undefined) expect(entries).toHaveLength(0)
    }
  })

  test('with any byte changed', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = bytes.slice()
        damaged[at] = (damaged[at] ?? 0) ^ flip
        tried(() => decodeManifest(damaged, manifest))
      }),
      { numRuns: runs * 5 },
    )
  })

  test('of random bytes behind a right beginning', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (rest) => {
        tried(() => decodeManifestList(Uint8Array.of(0x4f, 0x62, 0x6a, 1, ...rest)))
      }),
      { numRuns: runs * 5 },
    )
  })

  test.each<[string, AvroSchema | string]>([
    ['a schema that is no JSON', '{'],
    ['an unknown type', { type: 'record', name: 'r', fields: [{ name: 'a', type: 'uint' }] }],
    ['a record that holds itself', { type: 'record', name: 'r', fields: [{ name: 'a', type: 'r' }] }],
    ['a list longer than the file', { type: 'array', items: 'int' }],
    ['a union without this branch', ['null']],
  ])('with %s', (_, schema) => {
    expect(() => readContainer(raw(schema, 'null', 1, Uint8Array.of(200, 1)))).toThrow(invalid)
  })
})

describe('files of other writers', () => {
  const schema = { type: 'record', name: 'r', fields: [{ name: 'a', type: 'string' }] } as const
  const body = Uint8Array.of(4, 0x68, 0x69)

  test.each<[string, (body: Uint8Array) => Uint8Array]>([
    ['null', (plain) => plain],
    ['deflate', (plain) => deflateRawSync(plain)],
    ['zstandard', (plain) => zstdCompressSync(plain)],
  ])('are read when they are packed with %s', (codec, pack) => {
    expect(readContainer(raw(schema, codec, 1, pack(body))).records).toStrictEqual([['hi']])
  })

  test('are refused when they are packed in a way that is not known', () => {
    expect(() => readContainer(raw(schema, 'snappy', 1, body))).toThrow(/"snappy" are not supported/)
  })

  test('are found by the ids of their fields, in any order, with further fields and without optional ones', () => {
    const entry: AvroSchema = {
      type: 'record',
      name: 'other',
      fields: [
        {
          name: 'file',
          'field-id': 2,
          type: {
            type: 'record',
            name: 'f',
            fields: [
              { name: 'bytes', 'field-id': 104, type: 'long' },
              {
                name: 'novelty',
                'field-id': 9_999,
                type: { type: 'map', values: { type: 'enum', name: 'e', symbols: ['X'] } },
              },
              { name: 'kind', 'field-id': 101, type: 'string' },
              { name: 'where', 'field-id': 100, type: ['null', 'string'] },
              { name: 'rows', 'field-id': 103, type: 'int' },
              {
                name: 'counts',
                'field-id': 109,
                type: {
                  type: 'array',
                  logicalType: 'map',
                  items: {
                    type: 'record',
                    name: 'p',
                    fields: [
                      { name: 'value', 'field-id': 120, type: 'long' },
                      { name: 'key', 'field-id': 119, type: 'int' },
                    ],
                  },
                },
              },
            ],
          },
        },
        { name: 'what', 'field-id': 0, type: 'int' },
      ],
    }
    const sink = new ByteSink()
    sink.long(77)
    sink.raw(Uint8Array.of(2, 2, 0x6b, 0, 0))
    sink.string('parquet')
    sink.long(1)
    sink.string('file:///a')
    sink.long(3)
    for (const value of [1, 9, 5, 0]) sink.long(value)
    sink.long(1)
    expect(decodeManifest(raw(entry, 'null', 1, sink.taken()), manifest)).toStrictEqual([
      {
        status: 'added',
        snapshotId: 2n ** 62n,
        sequenceNumber: 4,
        fileSequenceNumber: 4,
        file: {
          content: 0,
          path: 'file:///a',
          format: 'PARQUET',
          partition: [],
          records: 3,
          size: 77,
          valueCounts: new Map([[5, 9]]),
        },
      },
    ])
  })

  test.each([
    [
      'lack a field that there must be',
      { type: 'record', name: 'r', fields: [{ name: 'status', type: 'int', 'field-id': 0 }] },
    ],
    ['have no ids', { type: 'record', name: 'r', fields: [{ name: 'status', type: 'int' }] }],
    ['are no records', 'int'],
  ] as const)('are refused when they %s', (_, other) => {
    expect(() => decodeManifest(raw(other, 'null', 1, Uint8Array.of(2)), manifest)).toThrow(invalid)
  })

  test('are written alike for equal content', () => {
    expect(encodeManifest(content)).toStrictEqual(bytes)
    expect(writeContainer('int', new Map(), [1, 2])).toStrictEqual(writeContainer('int', new Map(), [1, 2]))
  })

  test('of many blocks read as one', () => {
    const many = Array.from({ length: 10_000 }, (_, at) => at)
    expect(readContainer(writeContainer('long', new Map(), many)).records).toStrictEqual(many)
    const list = { snapshotId: 2n ** 62n, parentSnapshotId: undefined, sequenceNumber: 1 }
    const manifests: ManifestFile[] = many.map((at) => ({ ...manifest, path: String(at) }))
    expect(decodeManifestList(encodeManifestList({ ...list, manifests }))).toHaveLength(many.length)
  })
})

function read64(value: bigint): number | bigint {
  const sink = new ByteSink()
  valueWriter('long')(sink, value)
  return new ByteSource(sink.taken()).long()
}

/** A container file of one block, written by hand. */
function raw(schema: AvroSchema | string, codec: string, count: number, body: Uint8Array): Uint8Array {
  const sink = new ByteSink()
  sink.raw(Uint8Array.of(0x4f, 0x62, 0x6a, 1))
  sink.long(2)
  sink.string('avro.schema')
  sink.string(typeof schema === 'string' && schema !== 'int' ? schema : JSON.stringify(schema))
  sink.string('avro.codec')
  sink.string(codec)
  sink.long(0)
  const mark = new Uint8Array(16).fill(7)
  sink.raw(mark)
  sink.long(count)
  sink.bytes(body)
  sink.raw(mark)
  return sink.taken()
}

/** What it gives; undefined for the error that there may be. Any other error fails the test. */
function tried<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    expect(error).toMatchObject({ code: 'LAKE_METADATA_INVALID' })
    return undefined
  }
}
