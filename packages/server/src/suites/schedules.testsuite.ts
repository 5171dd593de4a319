import type { NewDeploymentInput, NewScheduleInput } from '@sluice/api'
import type { RunRecord } from '@sluice/store'
import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import { testClock } from '../testing/test-clock.testsupport.ts'
import { type ServicesHarness, site, type TestServer, until } from './harness.testsupport.ts'

const hour = 3_600_000_000
/** Halfway between two occurrences: whenever the tests run, none comes while they do. */
const halfAnHourAgo = Math.floor(Date.now() / 1_000) * 1_000_000 - hour / 2
const hourly = (): NewScheduleInput => ({ every: '1h', anchor: new Date(halfAnHourAgo / 1_000).toISOString() })

function declared(
  name: string,
  schedules: readonly NewScheduleInput[],
  more: Partial<NewDeploymentInput> = {},
): NewDeploymentInput {
  return {
    flow: 'etl',
    name,
    entrypoint: 'flows.ts:etl',
    source: { kind: 'directory', path: '/srv/etl' },
    contentHash: 'hash-1',
    schedules: [...schedules],
    ...more,
  }
}

export function schedulesSuite(harness: ServicesHarness): void {
  const runsOf = async ({ store }: TestServer): Promise<readonly RunRecord[]> =>
    (await store.listRuns({ limit: 1_000 })).items

  /** Sets the cursor of every schedule. Only one that is switched on has its cursor set. */
  async function setCursors({ store }: TestServer, to: number): Promise<void> {
    for (const { schedules } of (await store.listDeployments({ limit: 1_000 })).items) {
      for (const { id } of schedules) {
        await store.setScheduleActive(id, false, null)
        await store.setScheduleActive(id, true, to)
      }
    }
  }
  const makeDue = (server: TestServer): Promise<void> => setCursors(server, (Date.now() - 1_000) * 1_000)

  describe('schedules', () => {
    test('200 of them fire exactly once each, however many servers look', async () => {
      await using here = await site(harness)
      const first = await here.open({ loops: false })
      for (let number = 0; number < 200; number++)
        await first.services.deployments.put(declared(`d${number}`, [{ ...hourly(), slug: 's' }]), 'tester')
      await makeDue(first)
      await here.open()
      if (harness.shared) await here.open()
      await until('all have fired', async () => (await runsOf(first)).length >= 200)
      await new Promise((resolve) => setTimeout(resolve, 50))
      const runs = await runsOf(first)
      expect(runs).toHaveLength(200)
      expect(new Set(runs.map(({ origin }) => origin?.scheduleId)).size).toBe(200)
    })

    test('a run of a schedule knows its interval, its parameters, and reaches a waiting worker', async () => {
      await using here = await site(harness)
      const server = await here.open()
      const schedule = { ...hourly(), slug: 'hourly', parameters: { b: 3 } }
      await server.services.deployments.put(declared('d', [schedule], { parameters: { a: 1, b: 2 } }), 'tester')
      const waiting = server.claim(await server.worker(), { waitMs: 20_000 })
      await makeDue(server)
      server.store.signals.send(['schedules'])
      const [claimed] = await waiting
      const { origin, parameters, createdBy } = claimed?.run ?? {}
      expect(createdBy).toBe('schedule:hourly')
      expect((origin?.interval?.end ?? 0) - (origin?.interval?.start ?? 0)).toBeGreaterThan(0)
      expect(origin?.interval?.end).toBe(origin?.dueAt)
      expect(parameters && (await server.home.values.decode(parameters))).toEqual({ a: 1, b: 3 })
    })

    test('what was missed is told once, and runs as its rule says', async () => {
      await using here = await site(harness)
      const quiet = await here.open({ loops: false })
      const schedule = hourly()
      const catchUps = ['none', 'latest', 'all'] as const
      const rules = catchUps.map((catchUp): NewScheduleInput => Object.assign({ slug: catchUp, catchUp }, schedule))
      await quiet.services.deployments.put(declared('d', rules), 'tester')
      await setCursors(quiet, halfAnHourAgo - 4 * hour)
      await here.open()
      if (harness.shared) await here.open()
      const count = async (slug: string): Promise<number> =>
        (await runsOf(quiet)).filter(({ createdBy }) => createdBy === `schedule:${slug}`).length
      await until('all are caught up', async () => (await count('all')) >= 5)
      expect([await count('none'), await count('latest'), await count('all')]).toEqual([0, 1, 5])
      const missed = await until('it is told', async () => {
        const { items } = await quiet.store.listEvents({ limit: 10, name: 'schedule.missed' })
        return items.length >= 2 && items
      })
      expect(missed.map(({ payload }) => JSON.parse(payload ?? '') as object)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ schedule: 'none', skipped: 5 }),
          expect.objectContaining({ schedule: 'latest', skipped: 4 }),
        ]),
      )
      expect(missed).toHaveLength(2)
    })

    test('a paused deployment does not fire, and does not catch up when it is resumed', async () => {
      await using here = await site(harness)
      const server = await here.open({ clock: testClock() })
      const { deployments } = server.services
      await deployments.put(declared('d', [{ ...hourly(), slug: 's' }]), 'tester')
      await makeDue(server)
      expect((await deployments.setPaused('etl/d', true)).paused).toBe(true)
      expect((await server.store.dueSchedules(10)).due).toEqual([])
      const resumed = await deployments.setPaused('etl/d', false)
      expect(resumed.schedules[0]?.nextAt).toBeGreaterThan(Date.now() * 1_000)
      await settleTurns()
      expect(await runsOf(server)).toEqual([])
      const off = await deployments.setSchedule('etl/d', 's', false)
      expect(off.active).toBe(false)
      await expect(deployments.setSchedule('etl/d', 'x', true)).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' })
    })

    test.each([
      [{ cron: '5 * 1 0 *' }, 'SCHEDULE_INVALID'],
      [{ cron: '0 5 * * *', timezone: 'Europe/Berlim' }, 'SCHEDULE_INVALID'],
      [{ cron: '0 0 31 2 *' }, 'SCHEDULE_INVALID'],
      [{ cron: '0 5 * * *', every: '1h' }, 'SCHEDULE_INVALID'],
      [{}, 'SCHEDULE_INVALID'],
      [{ every: '1h', parameters: { a: 'x' } }, 'PARAMETERS_INVALID'],
    ] as const)('%j is refused where it is declared: %s', async (schedule, code) => {
      await using here = await site(harness)
      const { deployments } = (await here.open({ clock: testClock() })).services
      const parameterSchema = { type: 'object', properties: { a: { type: 'integer' } } }
      await expect(deployments.put(declared('d', [schedule], { parameterSchema }), 'tester')).rejects.toMatchObject({
        code,
      })
    })

    test('schedules without a name get one that says what they are; two of one name are refused', async () => {
      await using here = await site(harness)
      const { deployments } = (await here.open({ clock: testClock() })).services
      const schedules = [{ cron: '*/15 5 1,2 * *' }, { every: '15m' as const }]
      const { deployment } = await deployments.put(declared('d', schedules), 'tester')
      expect(deployment.schedules.map(({ slug }) => slug).toSorted()).toEqual([
        'cron-x.15-5-1_2-x-x-UTC',
        'every-15-minutes',
      ])
      const twins = [{ every: '15m' as const }, { every: '900s' as const }]
      await expect(deployments.put(declared('e', twins), 'tester')).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    })
  })
}
