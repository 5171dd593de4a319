import { expect, test } from 'vitest'
import { moreCommand, runColumns } from './list-command.ts'
import { painter, textWidth } from '@sluice/engine/report'
import { tableLines } from '../output/table.ts'

test('the next page is asked for with the limit and the filters of this one', () => {
  const flags = { json: false, flow: 'the taxi', state: ['failed', 'crashed'], limit: 5 }
  expect(moreCommand(flags, '0199')).toBe(
    "npx sluice runs ls --flow 'the taxi' --state failed --state crashed --limit 5 --after 0199",
  )
})

test('sixty columns cut the names of run and flow, never the state', () => {
  const texts = ['0199a1b2-c3d4-7abc', 'taxi-data-to-parquet', 'all of 2020', '✓ completed', 'just now', '4.3 s', '12']
  const lines = tableLines(runColumns, [texts.map((text) => ({ text }))], { width: 60, paint: painter(false) })
  expect(lines[1]).toContain('✓ completed')
  expect(lines[1]).toMatch(/taxi-.*…/)
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(60)
})
