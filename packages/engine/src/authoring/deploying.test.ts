import { afterEach, expect, test } from 'vitest'
import * as z from 'zod'
import { expectCode } from '../harness.testsuite.ts'
import { declaredDeployments, type DeploymentDeclaration, flow, setDeploymentHost, whileImporting } from '../index.ts'

const ingest = flow({ name: 'ingest', parameters: z.object({ month: z.int().default(1) }) }, async ({ month }) => month)
const told: unknown[] = []

afterEach(() => {
  setDeploymentHost(undefined)
  told.length = 0
})

function listen(): void {
  setDeploymentHost({
    async deploy(declaration) {
      told.push(declaration)
      return { name: `ingest/${declaration.name}`, id: 'd1', version: 1 }
    },
    async serve(declaration, options) {
      told.push([declaration.name, options])
    },
  })
}

const newest = (): DeploymentDeclaration | undefined => declaredDeployments().at(-1)

test('while a file is only looked at, deploy() and serve() declare and do nothing else', async () => {
  listen()
  await whileImporting(async () => {
    expect(await ingest.deploy({ name: 'nightly', cron: '0 5 * * *', timezone: 'Europe/Berlin' })).toEqual({
      name: 'ingest/nightly',
      id: undefined,
      version: undefined,
    })
    expect(newest()).toMatchObject({ name: 'nightly', paused: undefined })
    expect(newest()?.flow).toBe(ingest)
    // Not waited for, as files do.
    void ingest.serve({ name: 'served', every: '15m', limit: 2 })
  })
  expect(newest()).toMatchObject({
    name: 'served',
    schedules: [{ slug: 'default', schedule: { every: '15m' }, active: true }],
  })
  expect(told).toEqual([])
})

test('elsewhere they go to who makes deployments, options checked and schedules in a list', async () => {
  listen()
  const before = declaredDeployments().length
  const made = await ingest.deploy({
    name: 'nightly',
    cron: '@daily',
    timezone: 'Europe/Berlin',
    misfireGrace: '10m',
    schedules: [
      { slug: 'yearly', cron: '@yearly', timezone: 'UTC', parameters: { month: 12 }, catchUp: 'latest', active: false },
      { every: '1d', anchor: '2026-01-01' },
    ],
    parameters: { month: 2 },
    tags: ['x'],
  })
  expect(made).toEqual({ name: 'ingest/nightly', id: 'd1', version: 1 })
  expect(declaredDeployments()).toHaveLength(before)
  expect(told).toMatchObject([
    {
      name: 'nightly',
      parameters: { month: 2 },
      tags: ['x'],
      schedules: [
        { slug: 'default', schedule: { cron: '@daily', timezone: 'Europe/Berlin' }, misfireGraceMs: 600_000 },
        { slug: 'yearly', schedule: { cron: '@yearly', timezone: 'UTC' }, parameters: { month: 12 }, active: false },
        { slug: 'schedule-3', schedule: { every: '1d', anchor: '2026-01-01', timezone: 'Europe/Berlin' } },
      ],
    },
  ])
  await ingest.serve({ name: 'served', limit: 3 })
  expect(told.at(-1)).toEqual(['served', { limit: 3 }])
})

test('where nobody makes deployments, that is said', async () => {
  await expectCode(ingest.deploy({ name: 'nightly' }), 'DEPLOY_UNAVAILABLE')
  await expectCode(ingest.serve({ name: 'nightly' }), 'DEPLOY_UNAVAILABLE')
})

test.each([
  [{ name: 'n', corn: '@daily' }, 'OPTION_UNKNOWN'],
  [{ name: 'n', limit: 1 }, 'OPTION_UNKNOWN'],
  [{ name: 'a/b' }, 'OPTION_INVALID'],
  [{}, 'OPTION_INVALID'],
  [{ name: 'n', priority: 1.5 }, 'OPTION_INVALID'],
  [{ name: 'n', tags: 'x' }, 'OPTION_INVALID'],
  [{ name: 'n', catchUp: 'some', cron: '@daily' }, 'OPTION_INVALID'],
  [{ name: 'n', cron: '5 * 1 0 *' }, 'SCHEDULE_INVALID'],
  [{ name: 'n', cron: '@daily', every: '1h' }, 'SCHEDULE_INVALID'],
  [{ name: 'n', cron: '@daily', timezone: 'Europe/Atlantis' }, 'SCHEDULE_INVALID'],
  [{ name: 'n', schedules: [{ cron: '@daily', slgu: 'x' }] }, 'OPTION_UNKNOWN'],
  [{ name: 'n', schedules: [{}] }, 'SCHEDULE_INVALID'],
  [
    {
      name: 'n',
      schedules: [
        { slug: 'a', cron: '@daily' },
        { slug: 'a', cron: '@weekly' },
      ],
    },
    'OPTION_INVALID',
  ],
  [{ name: 'n', cron: '@daily', misfireGrace: 'soon' }, 'DURATION_INVALID'],
] as const)('%j is refused', async (options, code) => {
  listen()
  await expectCode(ingest.deploy(options as never), code)
  expect(told).toEqual([])
})
