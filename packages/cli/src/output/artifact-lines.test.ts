import { painter } from '@sluice/engine/report'
import { expect, test } from 'vitest'
import { artifactLines } from './artifact-lines.ts'

const terminal = { width: 40, paint: painter(false) }

test('a table is drawn with numbers at the right, what is missing empty, and fits the terminal', () => {
  const data = {
    columns: ['name', 'rows', 'note'],
    rows: [
      { name: 'a', rows: 12 },
      { name: 'b', rows: 3, note: 'x'.repeat(60) },
    ],
  }
  expect(artifactLines({ kind: 'table', data }, terminal)).toEqual([
    'name  rows  note',
    'a       12',
    `b        3  ${'x'.repeat(27)}…`,
  ])
})

test('of a long table the first rows are drawn, and how many more there are is said', () => {
  const data = { columns: ['n'], rows: Array.from({ length: 1050 }, (_, n) => ({ n })) }
  const lines = artifactLines({ kind: 'table', data }, terminal)
  expect(lines).toHaveLength(1 + 50 + 1)
  expect(lines.at(-1)).toBe('… 1,000 more rows (--json has all)')
})

test('markdown stays as it was written, without what could drive the terminal', () => {
  expect(artifactLines({ kind: 'markdown', data: { markdown: '# Done\n\u001b[2Jwell' } }, terminal)).toEqual([
    '# Done',
    'well',
  ])
})

test('a link tells its text and its address, a progress its counts', () => {
  expect(artifactLines({ kind: 'link', data: { text: 'the report', url: 'https://x.org' } }, terminal)).toEqual([
    'the report  https://x.org',
  ])
  expect(artifactLines({ kind: 'progress', data: { done: 3, total: 4, label: 'files' } }, terminal)).toEqual([
    '3/4 files',
  ])
})
