import { painter, textWidth } from '@sluice/engine/report'
import { expect, test } from 'vitest'
import { shortIds } from '../runs/find-run.ts'
import { tableLines } from './table.ts'

const plain = painter(false)
const columns = [
  { title: 'ID' },
  { title: 'FLOW', give: 1 },
  { title: 'NAME', give: 2 },
  { title: 'TOOK', align: 'right' as const },
]

test('columns are aligned, and one without any text is left out', () => {
  const rows = [
    [{ text: 'a1' }, { text: 'ingest' }, { text: '' }, { text: '9 ms' }],
    [{ text: 'b22' }, { text: '東京' }, { text: '' }, { text: '12.5 s' }],
  ]
  expect(tableLines(columns, rows, { width: 80, paint: plain })).toEqual([
    'ID   FLOW      TOOK',
    'a1   ingest    9 ms',
    'b22  東京    12.5 s',
  ])
})

test('a table too wide for the terminal cuts what may be cut, the least important first', () => {
  const rows = [[{ text: 'a1' }, { text: 'ingest-the-taxi-trips' }, { text: 'yellow of january' }, { text: '9 ms' }]]
  const lines = tableLines(columns, rows, { width: 40, paint: plain })
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(40)
  expect(lines[1]).toBe('a1  ingest-the-taxi-trips  yellow…  9 ms')
})

test('short ids are as long as needed to differ', () => {
  const one = '0199a1b2-c3d4-7abc-8def-0123456789ab'
  const two = '0199a1b2-c3d4-7abc-8def-0123456789ff'
  const ids = shortIds([one, two])
  expect(ids.get(one)).toBe(one.slice(0, 35))
  expect(shortIds([one]).get(one)).toBe('0199a1b2-c3d4-7abc')
})
