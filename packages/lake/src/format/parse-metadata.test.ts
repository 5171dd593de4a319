import { describe, expect, test } from 'vitest'
import { metadataText } from './pyiceberg-files.fixture.ts'
import { parseMetadata } from './parse-metadata.ts'
import { printMetadata } from './print-metadata.ts'

const invalid: unknown = expect.objectContaining({ code: 'LAKE_METADATA_INVALID' })
const good = JSON.parse(metadataText) as Record<string, unknown>

describe('metadata', () => {
  test('keeps ids of 63 bits, and what this version does not know', () => {
    const text = changed({ 'x-novelty': { 'deep-id': 1 }, statistics: [] }).replace(
      '"deep-id":1',
      '"deep-id":9223372036854775807',
    )
    const printed = printMetadata(parseMetadata(text))
    expect(printed).toContain('"deep-id":9223372036854775807')
    expect(parseMetadata(printed)).toStrictEqual(parseMetadata(text))
  })

  test.each([
    ['-1', -1],
    ['null', null],
  ])('has no current snapshot when it says %s', (_, id) => {
    const metadata = parseMetadata(changed({ 'current-snapshot-id': id, refs: {} }))
    expect(metadata).not.toHaveProperty('current-snapshot-id')
  })

  test('has a main branch also when its writer knows no branches', () => {
    const { refs } = parseMetadata(changed({ refs: undefined }))
    expect(refs?.['main']).toMatchObject({ type: 'branch' })
  })

  test.each([1, 3])('of version %i is refused with a clear error', (version) => {
    expect(() => parseMetadata(changed({ 'format-version': version }))).toThrow(
      expect.objectContaining({ code: 'LAKE_FORMAT_UNSUPPORTED', details: { version } }),
    )
  })

  test.each<[string, Record<string, unknown>]>([
    ['no location', { location: undefined }],
    ['text for a number', { 'last-column-id': '3' }],
    ['schemas that are no list', { schemas: {} }],
    ['a type that is not known', { schemas: [schema('variant')] }],
    ['a decimal of 39 digits', { schemas: [schema('decimal(39, 0)')] }],
    ['a nested type that is not known', { schemas: [schema({ type: 'tuple' })] }],
    ['a list without its element', { schemas: [schema({ type: 'list' })] }],
    [
      'a field id twice',
      { schemas: [{ ...schema('int'), fields: [...schema('int').fields, ...schema('int').fields] }] },
    ],
    ['no current schema', { 'current-schema-id': 77 }],
    ['no default spec', { 'default-spec-id': 77 }],
    [
      'a transform that is not known',
      {
        'partition-specs': [
          { 'spec-id': 0, fields: [{ 'source-id': 1, 'field-id': 1000, name: 'x', transform: 'zorder' }] },
        ],
      },
    ],
    ['a current snapshot that is missing', { 'current-snapshot-id': 77 }],
    ['a ref to a snapshot that is missing', { refs: { main: { 'snapshot-id': 77, type: 'branch' } } }],
    ['a ref of another kind', { refs: { main: { 'snapshot-id': 1, type: 'x' } } }],
    [
      'a snapshot without its list',
      { snapshots: [{ 'snapshot-id': 1, 'sequence-number': 1, 'timestamp-ms': 1, summary: { operation: 'append' } }] },
    ],
  ])('with %s is refused', (_, changes) => {
    expect(() => parseMetadata(changed(changes))).toThrow(invalid)
  })

  test.each(['', '{', 'null', '[]', '1'])('that is %j is refused', (text) => {
    expect(() => parseMetadata(text)).toThrow(invalid)
  })
})

function changed(changes: Record<string, unknown>): string {
  return JSON.stringify({ ...good, ...changes })
}

function schema(type: unknown): {
  readonly type: string
  readonly 'schema-id': number
  readonly fields: readonly unknown[]
} {
  return { type: 'struct', 'schema-id': 0, fields: [{ id: 1, name: 'a', required: false, type }] }
}
