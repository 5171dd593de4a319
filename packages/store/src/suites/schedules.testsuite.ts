import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import type { DueSchedule, ScheduleFiring } from '../catalog-store.ts'
import { fireSchedules } from '../queries/schedules/fire-schedules.ts'
import { putDeployment } from '../queries/catalog/put-deployment.ts'
import type { NewRun } from '../records.ts'
import type { Store } from '../store.ts'
import { deployment, nightly } from './deployments.testsuite.ts'
import type { StoreHarness } from './harness.testsuite.ts'
import { newId, rootRun, t0 } from './records.testsuite.ts'

const past = 1_000_000
const farFuture = 4_000_000_000_000_000

/** A run of an occurrence. */
export function scheduledRun({ schedule, deployment: of }: DueSchedule, dueAt: number): NewRun {
  return rootRun({
    id: newId(),
    state: stateOf('Scheduled', t0),
    startedAt: null,
    owner: null,
    flow: of.flow,
    tags: of.tags,
    origin: {
      deploymentId: of.id,
      deploymentVersionId: of.versionId,
      scheduleId: schedule.id,
      interval: { start: dueAt - 60, end: dueAt },
      pool: of.pool,
      queue: of.queue,
      priority: of.priority,
      dueAt,
      jobVariables: null,
      startedBy: null,
    },
  })
}

const firing = (due: DueSchedule, fields: Partial<ScheduleFiring> = {}): ScheduleFiring => ({
  scheduleId: due.schedule.id,
  expectedNextAt: due.schedule.nextAt ?? 0,
  nextAt: farFuture,
  runs: [scheduledRun(due, due.schedule.nextAt ?? 0)],
  ...fields,
})

/** Cursors, and the runs that are made when they move. */
export function scheduleSuite(harness: StoreHarness): void {
  describe('due schedules', () => {
    test('are those whose cursor has come, oldest first, with their deployments and how long until the next', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const at = (slug: string, nextAt: number | null) => ({ ...nightly, slug, nextAt })
      const given = { parameters: '[{"day":1}]', priority: 3, jobVariables: '{"cpu":2}' }
      const first = { ...at('a', past), parameters: '[{"day":2}]', catchUp: 'all', misfireGraceMs: 7 } as const
      const put = await store.putDeployment(
        deployment({ ...given, schedules: [at('b', past + 1), first, at('never', null)] }),
      )
      await store.putDeployment(deployment({ name: 'dev', schedules: [at('later', farFuture), at('c', past + 2)] }))
      const found = await store.dueSchedules(9)
      expect(found.due.map(({ schedule, deployment: of }) => `${of.name} ${schedule.slug}`)).toEqual([
        'prod a',
        'prod b',
        'dev c',
      ])
      const { schedules, ...prod } = put.deployment
      expect(prod).toMatchObject({ ...given, ...found.due[0]?.deployment })
      expect(schedules[0]).toMatchObject({ parameters: first.parameters, ...found.due[0]?.schedule })
      expect(found.nextInMicros).toBe(farFuture - found.now)
      expect(await store.dueSchedules(2)).toMatchObject({ due: [{}, {}], nextInMicros: 0 })
    })

    test('are none while nothing is due', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      expect(await store.dueSchedules(9)).toMatchObject({ due: [], nextInMicros: null })
      await store.putDeployment(deployment({ schedules: [{ ...nightly, nextAt: farFuture }] }))
      const { now, due, nextInMicros } = await store.dueSchedules(9)
      expect([due, nextInMicros]).toEqual([[], farFuture - now])
    })

    test('rest while they or their deployment are paused, and what was due meanwhile does not fire', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const dueNow = async (): Promise<string[]> => (await store.dueSchedules(9)).due.map((due) => due.schedule.slug)
      const other = { ...nightly, slug: 'other', nextAt: past }
      const put = await store.putDeployment(deployment({ schedules: [{ ...nightly, nextAt: past }, other] }))
      const { id, schedules } = put.deployment
      expect(await store.setScheduleActive(String(schedules[1]?.id), false, null)).toMatchObject({ enabled: false })
      expect(await dueNow()).toEqual(['nightly'])
      expect(await store.setDeploymentPaused(id, true, {})).toMatchObject({ paused: true })
      expect(await dueNow()).toEqual([])
      expect(await store.setScheduleActive(String(schedules[1]?.id), true, past)).toMatchObject({ enabled: false })
      const resumed = await store.setDeploymentPaused(id, false, { nightly: farFuture, other: past + 1 })
      expect(resumed?.schedules).toMatchObject([{ nextAt: farFuture }, { nextAt: past + 1, enabled: true }])
      expect(await dueNow()).toEqual(['other'])
      const again = await store.setDeploymentPaused(id, false, { nightly: past, other: past })
      expect(again?.schedules).toMatchObject([{ nextAt: farFuture }, { nextAt: past + 1 }])
      expect(await store.setDeploymentPaused(newId(), true, {})).toBeUndefined()
      expect(await store.setScheduleActive(newId(), true, 1)).toBeUndefined()
    })
  })

  describe('firing', () => {
    test('moves the cursor and makes the run, with its place in the queue, its tags and its event', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const due = await oneDue(store)
      const fired = firing(due)
      expect(await store.fireSchedules([fired])).toEqual([fired.runs[0]?.id])
      const run = await store.getRun(String(fired.runs[0]?.id))
      expect(run?.origin).toEqual(fired.runs[0]?.origin)
      expect(run).toMatchObject({ state: { name: 'Scheduled' }, tags: ['etl', 'nightly'] })
      const [schedule] = (await store.getDeployment(due.deployment.id))?.schedules ?? []
      expect(schedule).toMatchObject({ nextAt: farFuture, lastAt: past })
      expect((await store.listPools())[0]?.queued).toBe(1)
      expect((await store.searchRuns({ limit: 9, tag: 'nightly' })).items).toHaveLength(1)
      expect((await store.listEvents({ limit: 9 })).items).toMatchObject([
        { name: 'run.scheduled', rootId: run?.id, deploymentId: due.deployment.id },
      ])
    })

    test('of the same occurrence happens once, whoever asks how often', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await using other = await database.open()
      const due = await oneDue(store)
      const made = await Promise.all(
        Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? store : other).fireSchedules([firing(due)])),
      )
      expect(made.flat()).toHaveLength(1)
      expect((await store.listRuns({ limit: 9 })).items).toHaveLength(1)
    })

    test('leaves a schedule that was paused or moved meanwhile', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const due = await oneDue(store)
      expect(await store.fireSchedules([firing(due, { expectedNextAt: past - 1 })])).toEqual([])
      await store.setDeploymentPaused(due.deployment.id, true, {})
      expect(await store.fireSchedules([firing(due)])).toEqual([])
      expect((await store.listRuns({ limit: 9 })).items).toEqual([])
    })

    test('of an occurrence that is skipped moves the cursor alone', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const due = await oneDue(store)
      expect(await store.fireSchedules([firing(due, { runs: [] })])).toEqual([])
      expect((await store.getDeployment(due.deployment.id))?.schedules[0]).toMatchObject({
        nextAt: farFuture,
        lastAt: null,
      })
    })

    test('of several occurrences makes them all, and the last one is remembered', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const due = await oneDue(store)
      const runs = [past + 2, past, past + 1].map((at) => scheduledRun(due, at))
      expect(await store.fireSchedules([firing(due, { runs, nextAt: null })])).toEqual(runs.map((run) => run.id))
      expect((await store.getDeployment(due.deployment.id))?.schedules[0]).toMatchObject({
        nextAt: null,
        lastAt: past + 2,
      })
      expect(await store.dueSchedules(9)).toMatchObject({ due: [], nextInMicros: null })
    })

    test('puts runs in line by when they are due, a priority of run or queue counting a minute each', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await store.putQueue({ pool: 'default', name: 'fast', concurrency: null, priority: 2 })
      const minute = 60_000_000
      const at = (nextAt: number) => [{ ...nightly, nextAt }]
      await store.putDeployment(
        deployment({ name: 'a', schedules: at(past + minute * 2.5), priority: 1, queue: 'fast' }),
      )
      await store.putDeployment(deployment({ name: 'b', schedules: at(past) }))
      await store.putDeployment(deployment({ name: 'c', schedules: at(past + minute * 0.75), priority: 1 }))
      const { due } = await store.dueSchedules(9)
      await store.fireSchedules(due.map((one) => firing(one)))
      const worker = {
        name: 'w',
        pool: 'default',
        queues: [],
        host: 'h',
        pid: 1,
        version: '1',
        mode: 'inline',
        capacity: 9,
      } as const
      const workerId = newId()
      await store.registerWorker({ ...worker, id: workerId }, 60_000)
      const order: string[] = []
      for (const place of [1, 2, 3]) {
        const [run] = await store.claimRuns({ workerId, requestId: newId(), max: 1 })
        order.push(`${place} ${(await store.getDeployment(String(run?.origin?.deploymentId)))?.name}`)
      }
      expect(order).toEqual(['1 a', '2 c', '3 b'])
    })

    test('that meets a redeploy under way leaves its schedules to the next round', async () => {
      if (harness.kind === 'sqlite') return
      await using database = await harness.create()
      await using store = await database.open()
      const due = await oneDue(store)
      const redeploy = deployment({ schedules: [{ ...nightly, nextAt: past, misfireGraceMs: 7 }] })
      const held = await database.holdSteps(() => putDeployment(redeploy, database.platform))
      expect(await store.fireSchedules([firing(due)])).toEqual([])
      await held.commit()
      expect(await store.fireSchedules([firing(due)])).toHaveLength(1)
    })

    test('that is under way when its deployment is put again is not undone by it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const due = await oneDue(store)
      const held = await database.holdSteps(() => fireSchedules([firing(due)]))
      const redeploy = deployment({ schedules: [{ ...nightly, nextAt: past, misfireGraceMs: 7 }] })
      const putting = store.putDeployment(redeploy)
      await held.blocking()
      await held.commit()
      expect((await putting).deployment.schedules).toMatchObject([{ nextAt: farFuture, misfireGraceMs: 7 }])
    })
  })
}

async function oneDue(store: Store): Promise<DueSchedule> {
  await store.putDeployment(deployment({ schedules: [{ ...nightly, nextAt: past }] }))
  const [due] = (await store.dueSchedules(1)).due
  if (due === undefined) throw new Error('nothing is due')
  return due
}
