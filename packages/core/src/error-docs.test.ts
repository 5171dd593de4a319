import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorCodes } from './index.ts'

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((section) => {
    const [heading = '', ...lines] = section.split('\n')
    return { heading, text: lines.join('\n').trim() }
  })

test('the page of errors has exactly one heading for every code, in the order of the table', () => {
  expect(sections.map(({ heading }) => heading)).toStrictEqual(Object.keys(errorCodes))
})

test.each(sections)('$heading is explained', ({ text }) => {
  expect(text.length).toBeGreaterThan(40)
})
