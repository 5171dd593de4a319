import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cacheKey, callIdentity, checkpointKey, rootScope } from './index.ts'

const text = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.constantFrom('', 'null', '"', '","', '\uD800', '\uD801'),
)
const version = fc.option(text, { nil: undefined })
const call = fc.record({ scope: text, name: text, version, inputs: text, ordinal: fc.nat(3) })
const cached = fc.record({ workspace: text, file: text, task: text, version, inputs: text })

describe('the key of a checkpoint', () => {
  const base = { scope: 'scope', name: 'extract', version: undefined, inputs: '[7]', ordinal: 0 }

  test('stays what it was in every release, or no run could be resumed', () => {
    expect(checkpointKey(base)).toMatchInlineSnapshot(`"EmFdhvVJvfNAzYNtoTSowA"`)
    expect(callIdentity(base)).toMatchInlineSnapshot(`"XmfYkNHGEcWY5hSknZC-Lw"`)
    expect(
      cacheKey({ workspace: 'default', file: 'etl.ts', task: 'extract', version: '2', inputs: '[7]' }),
    ).toMatchInlineSnapshot(`"UaseEZz3Qwk-8O6TmaaD3A"`)
  })

  test('differs for calls that differ in anything, and only for those', () => {
    fc.assert(
      fc.property(call, call, (a, b) => {
        expect(checkpointKey(a) === checkpointKey(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
        expect(checkpointKey(a)).toBe(checkpointKey({ ...a }))
      }),
      { numRuns: 2_000 },
    )
  })

  test('does not confuse where one part ends and the next begins', () => {
    expect(checkpointKey({ ...base, scope: 'a', name: 'bc' })).not.toBe(
      checkpointKey({ ...base, scope: 'ab', name: 'c' }),
    )
    expect(checkpointKey({ ...base, version: 'null' })).not.toBe(checkpointKey({ ...base, version: undefined }))
    expect(checkpointKey({ ...base, inputs: '\uD800' })).not.toBe(checkpointKey({ ...base, inputs: '\uD801' }))
  })

  test('never looks like the scope of a root run', () => {
    expect(rootScope('0198')).toBe('v1/0198')
    expect(checkpointKey(base)).toMatch(/^[\w-]{22}$/)
  })
})

test('what ordinals count is equal for equal name, version and inputs', () => {
  fc.assert(
    fc.property(call, call, (a, b) => {
      const counted = ({ name, version: its, inputs }: typeof a): string => JSON.stringify([name, its, inputs])
      expect(callIdentity(a) === callIdentity(b)).toBe(counted(a) === counted(b))
    }),
    { numRuns: 2_000 },
  )
})

test('a cached result belongs to one workspace, file, task, version and inputs', () => {
  fc.assert(
    fc.property(cached, cached, (a, b) => {
      expect(cacheKey(a) === cacheKey(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
    }),
    { numRuns: 2_000 },
  )
})
