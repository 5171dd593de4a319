import { expect, test } from 'vitest'
import { label } from './basics.ts'

test.each(['nightly', 'Größe 3', '日本', '🚰 water'])('%j is a name', (name) => {
  expect(label(100).safeParse(name).success).toBe(true)
})

test.each(['', 'two\nlines', 'nul\u0000', 'half \ud83d', '\udeb0 half', 'x'.repeat(101)])('%j is none', (name) => {
  expect(label(100).safeParse(name).success).toBe(false)
})
