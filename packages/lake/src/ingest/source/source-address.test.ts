import { expect, test } from 'vitest'
import { addressOfUrl } from './source-address.ts'

const address = (text: string): string => addressOfUrl(new URL(text))
const plain = 'https://example.org/trips.csv'

test('an address is remembered without login and query', () => {
  expect(address('https://ann:secret@example.org/trips.csv')).toBe(plain)
  expect(address(`${plain}?token=secret`)).toMatch(/^https:\/\/example\.org\/trips\.csv\?[\w-]{16}$/)
})

test.each(['page', 'token', 'key', 'st', 'expires', 'policy'])(
  'what it asks for by %s makes it another one',
  (name) => {
    expect(address(`${plain}?${name}=1`)).not.toBe(address(`${plain}?${name}=2`))
  },
)

test.each([
  ['X-Amz-Date=1&X-Amz-Signature=a', 'X-Amz-Date=2&X-Amz-Signature=b'],
  ['GoogleAccessId=x&Expires=1&Signature=a', 'GoogleAccessId=x&Expires=2&Signature=b'],
  ['sv=1&se=2026&sr=b&sp=r&sig=a', 'sv=1&se=2027&sr=b&sp=r&sig=b'],
])('signed anew it is the same: %s', (one, other) => {
  expect([address(`${plain}?${one}`), address(`${plain}?${other}`)]).toEqual([plain, plain])
  expect(address(`${plain}?month=1&${one}`)).toBe(address(`${plain}?month=1&${other}`))
  expect(address(`${plain}?month=1&${one}`)).not.toBe(address(`${plain}?month=2&${one}`))
})
