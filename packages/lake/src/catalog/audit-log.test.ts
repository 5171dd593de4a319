import type { NewLakeDeed } from '@sluice/store'
import { expect, test } from 'vitest'
import { Looks } from './audit-log.ts'

const trips = { dataset: 'a.trips', snapshotId: 7n }

test('who reads in a loop writes one line an hour for each version, and another reader their own', async () => {
  const told: NewLakeDeed[][] = []
  let now = 1_780_000_000_000
  const store = { recordLakeDeeds: async (deeds: readonly NewLakeDeed[]) => void told.push([...deeds]) }
  const looks = new Looks(store, () => now)
  for (let times = 0; times < 100; times += 1) await looks.record([trips, { dataset: 'a.view' }], 'ada')
  await looks.record([{ ...trips, snapshotId: 8n }, trips], 'ada')
  await looks.record([trips], 'bob')
  now += 3_600_000
  await looks.record([trips], 'ada')
  expect(
    told.map((deeds) => deeds.map(({ actor, dataset, snapshotId }) => [actor, dataset, snapshotId].join(' '))),
  ).toEqual([['ada a.trips 7', 'ada a.view '], ['ada a.trips 8'], ['bob a.trips 7'], ['ada a.trips 7']])
  expect(new Set(told.flat().map(({ id }) => id)).size).toBe(3)
})

test('a look that could not be written is written by the next one', async () => {
  let broken = true
  let written = 0
  const store = {
    recordLakeDeeds: async () => {
      if (broken) throw new Error('the disk is full')
      written += 1
    },
  }
  const looks = new Looks(store, () => 0)
  await expect(looks.record([trips], 'ada')).rejects.toThrow('the disk is full')
  broken = false
  await looks.record([trips], 'ada')
  expect(written).toBe(1)
})
