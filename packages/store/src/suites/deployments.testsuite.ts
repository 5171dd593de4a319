import { describe, expect, test } from 'vitest'
import type { PutDeployment, ScheduleSpec } from '../catalog-store.ts'
import { platform } from '../platform.ts'
import { putDeployment } from '../queries/catalog/put-deployment.ts'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { newId, t0 } from './records.testsuite.ts'

export const nightly: ScheduleSpec = {
  slug: 'nightly',
  spec: '{"cron":"0 2 * * *"}',
  parameters: null,
  active: true,
  misfireGraceMs: 300_000,
  catchUp: 'none',
  nextAt: t0,
}

export function deployment(fields: Partial<PutDeployment> = {}): PutDeployment {
  return {
    workspace: 'default',
    flow: 'ingest',
    name: 'prod',
    description: null,
    tags: ['etl', 'nightly'],
    entrypoint: 'flows/ingest.ts:ingest',
    source: '{"kind":"directory","path":"/srv/flows"}',
    parameters: null,
    parameterSchema: null,
    pool: 'default',
    queue: 'default',
    priority: 0,
    jobVariables: null,
    createdBy: 'ada',
    contentHash: 'aaa',
    ...fields,
  }
}

/** Deployments, their versions, and what a redeploy keeps of their schedules. */
export function deploymentSuite(harness: StoreHarness): void {
  describe('a deployment', () => {
    test('that is new has its first version and its schedules', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const put = await store.putDeployment(deployment({ schedules: [nightly] }))
      expect(put).toMatchObject({ created: true, changed: true })
      expect(put.deployment).toMatchObject({
        flow: 'ingest',
        tags: ['etl', 'nightly'],
        versionNumber: 1,
        paused: false,
      })
      expect(put.deployment.schedules).toMatchObject([{ slug: 'nightly', enabled: true, nextAt: t0, lastAt: null }])
      expect(await store.getDeployment(put.deployment.id)).toEqual(put.deployment)
      expect(await store.findDeployment('ingest', 'prod')).toEqual(put.deployment)
      expect(await store.findDeployment('ingest', 'dev')).toBeUndefined()
      expect(await store.getDeployment(newId())).toBeUndefined()
      expect(await store.getDeployment('none')).toBeUndefined()
    })

    test('that is put again as it is does not change', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const first = await store.putDeployment(deployment({ schedules: [nightly] }))
      const again = await store.putDeployment(deployment({ schedules: [{ ...nightly, nextAt: t0 + 5 }] }))
      expect(again).toEqual({ deployment: first.deployment, created: false, changed: false })
    })

    test('changes what was said differently, whatever it was', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await store.putPool({ name: 'big', kind: 'process', description: null, concurrency: null })
      const { deployment: first } = await store.putDeployment(deployment())
      const changes: Partial<PutDeployment>[] = [
        { description: 'Every night.' },
        { tags: [] },
        { entrypoint: 'b.ts:b' },
        { source: '{}' },
        { parameters: '[{}]' },
        { parameterSchema: '{}' },
        { pool: 'big' },
        { priority: 3 },
        { jobVariables: '{}' },
      ]
      for (const change of changes) {
        const put = await store.putDeployment(deployment(change))
        expect(put).toMatchObject({ created: false, changed: true, deployment: { id: first.id, ...change } })
      }
    })

    test('has a version per content, and goes back to an older one with older content', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { deployment: first } = await store.putDeployment(deployment())
      const { deployment: second } = await store.putDeployment(deployment({ contentHash: 'bbb', createdBy: 'bob' }))
      const { deployment: back } = await store.putDeployment(deployment())
      expect([first, second, back].map((put) => put.versionNumber)).toEqual([1, 2, 1])
      expect(back.versionId).toBe(first.versionId)
      const page = await store.listDeploymentVersions(first.id, { limit: 1 })
      expect(page.items).toMatchObject([{ number: 2, contentHash: 'bbb', createdBy: 'bob', id: second.versionId }])
      const rest = await store.listDeploymentVersions(first.id, { limit: 1, after: String(page.next) })
      expect(rest).toMatchObject({ items: [{ number: 1 }], next: null })
      expect(await store.getDeploymentVersion(second.versionId)).toEqual(page.items[0])
    })

    test('goes only into a pool and a queue that exist, and the refusal names those that do', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await expectCode(store.putDeployment(deployment({ pool: 'gpu' })), 'POOL_NOT_FOUND')
      await expectCode(store.putDeployment(deployment({ queue: 'fast' })), 'QUEUE_NOT_FOUND')
      await expect(store.putDeployment(deployment({ queue: 'fast' }))).rejects.toMatchObject({
        details: { pool: 'default', queue: 'fast', known: ['default'] },
      })
      expect(await store.findDeployment('ingest', 'prod')).toBeUndefined()
    })

    test('that several put at once is one, and all succeed', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await using other = await database.open()
      const puts = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          (index % 2 === 0 ? store : other).putDeployment(
            deployment({ contentHash: `hash-${index % 4}`, schedules: [nightly] }),
          ),
        ),
      )
      expect(new Set(puts.map((put) => put.deployment.id)).size).toBe(1)
      expect(puts.filter((put) => put.created)).toHaveLength(1)
      const versions = (await store.listDeploymentVersions(String(puts[0]?.deployment.id), { limit: 9 })).items
      expect(versions.map((version) => version.number)).toEqual([4, 3, 2, 1])
    })

    test('that is being put waits for who came first, and then is not new', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const first = await database.holdSteps(() => putDeployment(deployment({ schedules: [nightly] }), platform))
      const second = store.putDeployment(deployment({ schedules: [nightly] }))
      await first.blocking()
      await first.commit()
      expect(await second).toMatchObject({ created: false, changed: false })
    })

    test('is listed by flow and name, in pages, by flow, by tag, by the beginning of its name', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      for (const [flow, name, tags] of [
        ['b', 'prod', ['x']],
        ['a', 'staging', ['x', 'y']],
        ['a', 'prod', []],
      ] as const) {
        await store.putDeployment(deployment({ flow, name, tags, schedules: [nightly] }))
      }
      const names = async (query: object): Promise<string[]> =>
        (await store.listDeployments({ limit: 9, ...query })).items.map((found) => `${found.flow}/${found.name}`)
      expect(await names({})).toEqual(['a/prod', 'a/staging', 'b/prod'])
      expect(await names({ flow: 'a' })).toEqual(['a/prod', 'a/staging'])
      expect(await names({ tag: 'x' })).toEqual(['a/staging', 'b/prod'])
      expect(await names({ name: 'pr', flow: 'b' })).toEqual(['b/prod'])
      expect(await names({ name: 'pr%' })).toEqual([])
      expect(await names({ paused: true })).toEqual([])
      expect(await names({ pool: 'gpu' })).toEqual([])
      expect(await names({ pool: 'default', paused: false })).toEqual(await names({}))
      const page = await store.listDeployments({ limit: 2 })
      expect(page.items[0]?.schedules).toHaveLength(1)
      expect(await names({ after: page.next })).toEqual(['b/prod'])
      await expectCode(store.listDeployments({ limit: 2, after: '["a"]' }), 'OPTION_INVALID')
    })

    test('that is deleted is gone with its schedules, and its versions stay for the runs that have them', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { deployment: put } = await store.putDeployment(deployment({ schedules: [{ ...nightly, nextAt: 1 }] }))
      expect(await store.deleteDeployment(put.id)).toBe(true)
      expect(await store.deleteDeployment(put.id)).toBe(false)
      expect(await store.getDeployment(put.id)).toBeUndefined()
      expect((await store.dueSchedules(9)).due).toEqual([])
      expect(await store.getDeploymentVersion(put.versionId)).toBeDefined()
    })
  })

  describe('a redeploy', () => {
    test('keeps identity and cursor of a schedule whose spec is the same, and makes, moves and removes the others', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const hourly = { ...nightly, slug: 'hourly', spec: '{"cron":"0 * * * *"}' }
      const before = (await store.putDeployment(deployment({ schedules: [nightly, hourly] }))).deployment.schedules
      const specs = [
        { ...nightly, nextAt: t0 + 9, misfireGraceMs: 1 },
        { ...nightly, slug: 'weekly', nextAt: t0 + 7 },
      ]
      const after = (await store.putDeployment(deployment({ schedules: specs }))).deployment.schedules
      expect(after).toMatchObject([
        { slug: 'nightly', id: before[1]?.id, nextAt: t0, misfireGraceMs: 1 },
        { slug: 'weekly', nextAt: t0 + 7 },
      ])
      const moved = [{ ...nightly, spec: '{"cron":"0 3 * * *"}', nextAt: t0 + 8 }]
      const last = (await store.putDeployment(deployment({ schedules: moved }))).deployment.schedules
      expect(last).toMatchObject([{ slug: 'nightly', id: before[1]?.id, nextAt: t0 + 8 }])
    })

    test('that says nothing of schedules leaves them; one that says none removes them', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await store.putDeployment(deployment({ schedules: [nightly] }))
      const { deployment: kept } = await store.putDeployment(deployment({ description: 'new' }))
      expect(kept.schedules).toHaveLength(1)
      const { deployment: none, changed } = await store.putDeployment(deployment({ description: 'new', schedules: [] }))
      expect([none.schedules, changed]).toEqual([[], true])
    })

    test("leaves a schedule that an operator paused paused, until the code's own word changes", async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const put = async (active: boolean) =>
        (await store.putDeployment(deployment({ schedules: [{ ...nightly, active, nextAt: t0 + 5 }] }))).deployment
          .schedules[0]
      const id = String((await put(true))?.id)
      await store.setScheduleActive(id, false, null)
      expect(await put(true)).toMatchObject({ id, active: false, enabled: false })
      expect(await put(false)).toMatchObject({ active: false })
      expect(await put(true)).toMatchObject({ active: true, enabled: true, nextAt: t0 + 5 })
      await store.setScheduleActive(id, false, null)
      expect(await store.setScheduleActive(id, true, t0 + 6)).toMatchObject({ active: true, nextAt: t0 + 6 })
    })

    test('does not resume a paused deployment; the pause of the declaration is for a new one', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { deployment: put } = await store.putDeployment(deployment({ paused: true, schedules: [nightly] }))
      expect(put).toMatchObject({ paused: true, schedules: [{ active: true, enabled: false }] })
      const again = await store.putDeployment(deployment({ paused: false, schedules: [nightly] }))
      expect(again).toMatchObject({ changed: false, deployment: { paused: true } })
    })
  })
}
