import type { DueSchedule } from '@sluice/store'
import { testHome } from '@sluice/testing'
import { expect, test } from 'vitest'
import type { Context } from '../context.ts'
import { silentLog } from '../log.ts'
import { createFirings } from './firings.ts'

const hour = 3_600_000_000
const now = Date.UTC(2026, 0, 1, 12, 30) * 1_000

function due(spec: string, more: Partial<DueSchedule['schedule']> = {}): DueSchedule {
  const schedule = {
    id: 'schedule-1',
    slug: 'hourly',
    spec,
    parameters: null,
    nextAt: now - 3.5 * hour,
    misfireGraceMs: 300_000,
    catchUp: 'none',
    updatedAt: 1,
    ...more,
  }
  const deployment = {
    id: 'd',
    flow: 'etl',
    name: 'daily',
    parameters: null,
    tags: [],
    pool: 'default',
    queue: 'default',
  }
  return { schedule, deployment } as unknown as DueSchedule
}

const everyHour = JSON.stringify({ kind: 'interval', everyMs: 3_600_000, anchor: now - hour / 2, timezone: 'UTC' })

test('two servers that see the same missed occurrences tell one event', async () => {
  await using home = await testHome()
  const firings = createFirings({ home, log: silentLog } as Context)
  const [one, two] = [await firings.decide([due(everyHour)], now), await firings.decide([due(everyHour)], now)]
  expect(one.missed).toMatchObject([{ name: 'schedule.missed', key: 'etl/daily' }])
  expect(two.missed[0]?.id).toBe(one.missed[0]?.id)
  expect(one.missed[0]?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  const later = await firings.decide([due(everyHour, { nextAt: now - 2.5 * hour })], now)
  expect(later.missed[0]?.id).not.toBe(one.missed[0]?.id)
})

const unreadable = JSON.stringify({ kind: 'cron', cron: 'at full moon', timezone: 'UTC' })

test('a schedule that cannot be read stops, and holds up no other', async () => {
  await using home = await testHome()
  const told: string[] = []
  const log = { ...silentLog, error: (message: string) => void told.push(message) }
  const firings = createFirings({ home, log } as unknown as Context)
  const { fire } = await firings.decide([due(unreadable, { id: 'bad' }), due(everyHour, { catchUp: 'all' })], now)
  expect(fire[0]).toEqual({ scheduleId: 'bad', expectedNextAt: now - 3.5 * hour, nextAt: null, runs: [] })
  expect(fire[1]?.runs.length).toBeGreaterThan(1)
  expect(told).toHaveLength(1)
})

test('schedules without parameters share what their runs have for them, and others have their own', async () => {
  await using home = await testHome()
  const firings = createFirings({ home, log: silentLog } as Context)
  const all = { catchUp: 'latest' } as const
  const some = (id: string, text: string | null): DueSchedule => due(everyHour, { ...all, id, parameters: text })
  const { fire } = await firings.decide(
    [some('a', null), some('b', null), some('c', '[{"day":1},1]'), some('d', '[{"day":1},2]')],
    now,
  )
  const [a, b, c, d] = fire.map(({ runs }) => runs[0]?.parameters)
  expect(a).toBeDefined()
  expect(b).toBe(a)
  expect(new Set([a, c, d].map((value) => JSON.stringify(value))).size).toBe(3)
})
