import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fileStatistics, type FileStatistics } from './file-statistics.ts'
import { added, anyEntry, dataFile, primitiveTypes, runs } from './format.fixture.ts'
import { decodePackedManifest, encodePackedManifest, packedSize } from './packed-manifest-file.ts'
import { type PackedManifest, packedEntry, packedStatistics, packManifest } from './packed-manifest.ts'

describe('a packed manifest', () => {
  test('tells of every live file what the manifest tells, before and after it was in a file', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 5 }), (entries) => {
        const live = entries.filter(({ status }) => status !== 'deleted')
        const made = packManifest(entries)
        const file = encodePackedManifest(made)
        expect(packedSize(made)).toBeLessThanOrEqual(file.length)
        // A file that was read may begin anywhere in its buffer.
        const moved = new Uint8Array(file.length + 3).subarray(3)
        moved.set(file)
        for (const packed of [made, read(file), read(moved)]) {
          expect(packed.count).toBe(live.length)
          for (const [at, { sequenceNumber, file: plain }] of live.entries()) {
            const { content, path, records, size } = plain
            expect(packedEntry(packed, at)).toStrictEqual({ sequenceNumber, file: { content, path, records, size } })
            expect(told(packedStatistics(packed, at))).toStrictEqual(told(fileStatistics(plain)))
          }
        }
      }),
      { numRuns: runs },
    )
  })

  test('keeps files apart of which only some have a statistic, or an empty bound', () => {
    const packed = packManifest([
      added(dataFile({ lowerBounds: new Map([[1, new Uint8Array()]]) })),
      added(dataFile({ partition: [''] })),
      added(dataFile({ nullCounts: new Map([[1, 0]]), partition: [null] })),
    ])
    const of = [0, 1, 2].map((at) => packedStatistics(packed, at))
    expect(of.map((file) => file.lowerBound(1))).toStrictEqual([new Uint8Array(), undefined, undefined])
    expect(of.map((file) => file.nullCount(1))).toStrictEqual([undefined, undefined, 0])
    expect(of.map((file) => file.partitionValue(0))).toStrictEqual([undefined, '', null])
    expect(packedEntry(packed, 0).sequenceNumber).toBeNull()
  })

  test('in a damaged file is not there', () => {
    const file = encodePackedManifest(packManifest([added(dataFile({ partition: [4n] }))]))
    for (let at = 0; at < file.length; at++) {
      const damaged = new Uint8Array(file)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      expect(decodePackedManifest(damaged)).toBeUndefined()
      expect(decodePackedManifest(file.subarray(0, at))).toBeUndefined()
    }
  })
})

function read(file: Uint8Array): PackedManifest {
  const packed = decodePackedManifest(file)
  if (!packed) throw new Error('it cannot be read')
  return packed
}

/** All that can be asked. Bytes may be a Buffer's or not. */
function told(file: FileStatistics): unknown {
  const ids = Array.from({ length: 32 }, (_, id) => id)
  const bytes = (value: unknown): unknown => (value instanceof Uint8Array ? [...value] : value)
  return {
    records: file.records,
    partition: [...primitiveTypes, 'one more'].map((_, at) => bytes(file.partitionValue(at))),
    columns: ids.map((id) => [file.valueCount(id), file.nullCount(id), file.nanCount(id)]),
    bounds: ids.map((id) => [bytes(file.lowerBound(id)), bytes(file.upperBound(id))]),
  }
}
