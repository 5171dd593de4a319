import { flow, run, task } from 'sluice'
import { expect, test } from 'vitest'
import { openWorkshop } from './open-workshop.testsupport.ts'
import { partOf } from './part-of.ts'

test('every attempt of a task writes the same part, and another call of it another one', async () => {
  await using shop = await openWorkshop()
  const parts: string[] = []
  const save = task({ name: 'save', retries: 1, retryDelay: '1s' }, async () => {
    parts.push(partOf('month.parquet'))
    if (run.attempt === 1) throw new Error('killed midway')
  })
  const twice = flow({ name: 'twice' }, async () => {
    await save()
    await save()
  })
  await shop.run(twice, {})
  const [first, ...rest] = parts
  expect(first).toMatch(/^month\.parquet\.[0-9a-f]{12}\.part$/)
  expect(rest).toEqual([first, expect.not.stringMatching(String(first)), rest[1]])
})
