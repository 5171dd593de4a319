import path from 'node:path'
import { expect, test } from 'vitest'
import { cleanUpAfterEach, makeProject, notes } from '../worker-harness.fixture.ts'
import { discover } from './discover.ts'

cleanUpAfterEach()

const zod = path.resolve(import.meta.dirname, '../../../../node_modules/zod/index.js')

test('flows are found with their exports and the JSON Schema of their parameters, without running any', async () => {
  const project = makeProject({
    'flows/ingest.ts': `import { flow } from 'sluice'
import * as z from '${zod}'
export const ingest = flow({ name: 'ingest-taxi', description: 'Trips', tags: ['taxi'],
  parameters: z.object({ month: z.int().default(1) }) }, async () => 1)
const hidden = flow({ name: 'hidden' }, async () => hidden)
`,
    'nightly.flow.ts':
      "import { flow } from 'sluice'\nexport const nightly = flow({ name: 'nightly' }, async () => 1)\n",
    'flows/nothing.test.ts': "throw new Error('a test is no flow')",
    'other.ts': "throw new Error('nobody asked for this file')",
  })
  const found = await discover({ project })
  expect(found.problems).toEqual([])
  expect(found.flows).toMatchObject([
    { name: 'hidden', exportName: null, entrypoint: 'flows/ingest.ts:hidden', parameterSchema: null },
    {
      name: 'ingest-taxi',
      file: 'flows/ingest.ts',
      exportName: 'ingest',
      entrypoint: 'flows/ingest.ts:ingest',
      description: 'Trips',
      tags: ['taxi'],
      parameterSchema: { type: 'object', properties: { month: { type: 'integer', default: 1 } } },
    },
    { name: 'nightly', entrypoint: 'nightly.flow.ts:nightly' },
  ])
})

test('what files and the configuration declare are deployments, as the API takes them', async () => {
  const project = makeProject({
    'jobs/a.ts': `import { flow } from 'sluice'
export const a = flow({ name: 'a' }, async () => 1)
await a.deploy({ name: 'hourly', every: '1h', parameters: { n: 1 }, tags: ['x'], pool: 'big', misfireGrace: '10m' })
if (import.meta.main) await a()
`,
    'sluice.config.ts': `import { a } from './jobs/a.ts'
export default { flows: ['jobs/*.ts'], deployments: [
  { flow: a, name: 'daily', cron: '0 5 * * *', timezone: 'Europe/Berlin' },
  { entrypoint: 'jobs/a.ts:a', name: 'by-hand' },
] }`,
  })
  const found = await discover({ project })
  expect(found.problems).toEqual([])
  expect(found.deployments).toMatchObject([
    {
      flow: 'a',
      name: 'hourly',
      entrypoint: 'jobs/a.ts:a',
      parameters: { n: 1 },
      tags: ['x'],
      pool: 'big',
      schedules: [{ slug: 'default', every: 3_600_000, misfireGraceMs: 600_000, active: true }],
    },
    { name: 'daily', schedules: [{ cron: '0 5 * * *', timezone: 'Europe/Berlin' }] },
    { name: 'by-hand', entrypoint: 'jobs/a.ts:a', schedules: [] },
  ])
})

test('a file that does not import is a problem with its place, and the others are found', async () => {
  const project = makeProject({
    'flows/good.ts': "import { flow } from 'sluice'\nexport const good = flow({ name: 'good' }, async () => 1)\n",
    'flows/throws.ts': "const x = 1\nthrow new Error('not today')\n",
    'flows/missing.ts': "import './nowhere.ts'\n",
    'flows/option.ts': "import { flow } from 'sluice'\nexport const o = flow({ nam: 'x' }, async () => 1)\n",
    'flows/cron.ts': `import { flow } from 'sluice'
export const c = flow({ name: 'c' }, async () => 1)
await c.deploy({ name: 'never', cron: '5 * 1 0 *' })
`,
  })
  const { flows, problems } = await discover({ project })
  expect(flows.map((flow) => flow.name)).toEqual(['c', 'good'])
  const told = problems.toSorted((a, b) => (a.file < b.file ? -1 : 1))
  expect(told.map(({ file, code }) => [file, code])).toEqual([
    ['flows/cron.ts', 'SCHEDULE_INVALID'],
    ['flows/missing.ts', 'IMPORT_FAILED'],
    ['flows/option.ts', 'OPTION_UNKNOWN'],
    ['flows/throws.ts', 'IMPORT_FAILED'],
  ])
  expect(told.slice(1).map(({ line }) => line)).toEqual([null, 2, 2])
  expect(told[3]?.message).toContain('not today')
})

test('a file that never ends to import, or ends the process, is named', async () => {
  const stuck = makeProject({ 'flows/stuck.ts': 'for (;;) ;\n' })
  expect((await discover({ project: stuck, timeoutMs: 5_000 })).problems).toMatchObject([
    { file: 'flows/stuck.ts', message: expect.stringContaining('longer than 5 s') as string },
  ])
  const leaves = makeProject({ 'flows/leaves.ts': "console.error('bye')\nprocess.exit(4)\n" })
  expect((await discover({ project: leaves })).problems).toMatchObject([
    { file: 'flows/leaves.ts', message: expect.stringMatching(/exit code 4\nbye/) as string },
  ])
})

test('files that are named and are not there, a wrong configuration and equal names are problems', async () => {
  const project = makeProject({
    'a.ts': `import { flow } from 'sluice'
import { writeFileSync } from 'node:fs'
export const a = flow({ name: 'a' }, async () => 1)
await a.deploy({ name: 'x' })
await a.deploy({ name: 'x' })
writeFileSync('notes', 'imported ' + process.env.SLUICE_API_TOKEN)
`,
    'sluice.config.ts': 'export default { flow: [] }',
  })
  const { problems, deployments } = await discover({ project, files: ['a.ts', 'nowhere.ts'] })
  expect(deployments).toHaveLength(1)
  expect(problems.map(({ code }) => code)).toEqual(['CONFIG_INVALID', 'FILE_NOT_FOUND', 'OPTION_INVALID'])
  expect(notes(project)).toEqual(['imported undefined'])
})
