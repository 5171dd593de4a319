import { expect, test } from 'vitest'
import { shellWord } from './shell-word.ts'

test.each([
  ['order.paid', 'order.paid'],
  ['2026-01-01T00:00', '2026-01-01T00:00'],
  ['', "''"],
  ['two words', "'two words'"],
  ["Ada's; rm $x", String.raw`'Ada'\''s; rm $x'`],
])('%j is %s', (text, word) => {
  expect(shellWord(text)).toBe(word)
})
