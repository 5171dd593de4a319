import { format, inspect } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSecret, maskSecrets, Secret } from './index.ts'

describe('a secret', () => {
  const secret = new Secret('correct horse battery')

  test('gives its value only when asked to reveal it', () => {
    expect(secret.reveal()).toBe('correct horse battery')
  })

  test('is 8 asterisks however it is shown, and has nothing to enumerate', () => {
    const shown = [
      String(secret),
      [secret].join(),
      format('%s', secret),
      format('%o', secret),
      inspect(secret),
      JSON.parse(JSON.stringify({ secret })).secret,
    ]
    expect(new Set(shown)).toStrictEqual(new Set(['********']))
    expect(inspect(secret, { showHidden: true, depth: 9 })).toBe('********')
    expect(Reflect.ownKeys(secret)).toStrictEqual([])
    expect(JSON.stringify(structuredClone(secret))).not.toContain('horse')
  })

  test('is known as one, also when another copy of the package made it', () => {
    const foreign = Object.create({ [Symbol.for('sluice.secret')]: true }) as object
    expect([secret, foreign, {}, null, 'text'].map(isSecret)).toStrictEqual([true, true, false, false, false])
  })

  test('holds text only', () => {
    expect(() => new Secret(7 as never)).toThrow("Option 'secret' is invalid: it must be text.")
  })
})

describe('masking', () => {
  test('leaves a text without secrets as it is', () => {
    expect(maskSecrets('nothing to see')).toBe('nothing to see')
  })

  test('does not mask secrets so short that ordinary words would go', () => {
    learn('abc')
    expect(maskSecrets('abc')).toBe('abc')
  })

  test('masks secrets that contain or overlap each other as one', () => {
    for (const value of ['inner-key', 'outer-inner-key-outer', 'key-outer-tail']) learn(value)
    expect(maskSecrets('<outer-inner-key-outer> <inner-key>')).toBe('<********> <********>')
    expect(maskSecrets('<outer-inner-key-outer-tail>')).toBe('<********>')
  })

  test.each([
    [
      'a password in a connection string',
      'p@ss/w:rd',
      new URL(`http://u:${encodeURIComponent('p@ss/w:rd')}@host/`).href,
      'http://u:********@host/',
    ],
    ['a space in a form', 'two words & more', new URLSearchParams({ a: 'two words & more' }).toString(), 'a=********'],
    ['lower-case percent codes', 'key/+=', 'key%2f%2b%3d', '********'],
    [
      'lines in JSON within JSON',
      'line 1\nline\t"2"',
      JSON.stringify(JSON.stringify('line 1\nline\t"2"')),
      '"\\"********\\""',
    ],
    ['code points in ASCII JSON', 'gehëim', 'geh\\u00EBim', '********'],
    ['code points beyond 16 bits', 'pass😀word', 'pass\\ud83d\\ude00word', '********'],
    ['backslashes before a quote', 'C:\\\\"dir"\\', JSON.stringify('C:\\\\"dir"\\'), '"********"'],
    ['backslashes in an address', 'C:\\dir', 'C:%5cdir', '********'],
    ['a slash escaped for a script', 'a/b/c', 'a\\/b\\/c', '********'],
  ])('finds %s', (_, value, text, masked) => {
    learn(value)
    expect(maskSecrets(text)).toBe(masked)
  })

  test('finds any secret, plain, percent-encoded and in JSON, between any other text', () => {
    const values = fc.oneof(
      fc.string({ unit: 'binary', minLength: 4, maxLength: 12 }),
      fc.string({ minLength: 4, maxLength: 30 }),
    )
    fc.assert(
      fc.property(values, fc.string(), fc.string(), (value, before, after) => {
        fc.pre(!value.includes('*') && value.isWellFormed())
        learn(value)
        for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]) {
          expect(maskSecrets(form)).toBe('********')
          expect(maskSecrets(before + form + after)).not.toContain(form)
        }
      }),
      { numRuns: 150 },
    )
  })

  test('forgets the oldest when a program makes secrets without end', () => {
    learn('the-oldest-of-all')
    for (let count = 0; count < 500; count++) learn(`generated-${count}-secret`)
    expect(maskSecrets('the-oldest-of-all generated-0-secret generated-499-secret')).toBe(
      'the-oldest-of-all ******** ********',
    )
  })

  test('stays fast on a text made to slow the search down', () => {
    learn('\\"\\"\\"\\"\\"\\"\\"\\"x')
    const hostile = '\\\\\\\\\\\\\\\\"'.repeat(20_000)
    expect(maskSecrets(hostile)).toHaveLength(hostile.length)
  })
})

/** Makes a secret as a program does that only hands it on. */
function learn(value: string): void {
  expect(new Secret(value).reveal()).toBe(value)
}
