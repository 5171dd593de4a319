import { readdirSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { connect } from 'sluice/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, type Ended, type Project, shareCompileCache, type Started } from './cli.fixture.ts'

const flows = (version: string): string => `
import { flow, pause, run, task } from 'sluice'
import * as z from 'zod'
const extract = task({ name: 'extract' }, async (n: number) => { run.log.info('extracting ' + n); return n * 100 })
export const ingest = flow(
  { name: 'ingest', parameters: z.object({ months: z.array(z.int()).default([1]), fail: z.boolean().default(false) }) },
  async ({ months, fail }) => {
    const rows = await Promise.all(months.map((n) => extract(n)))
    if (fail) throw new Error('no such table')
    return { total: rows.reduce((sum, each) => sum + each, 0), version: '${version}' }
  },
)
export const asks = flow({ name: 'asks' }, async () => pause({ key: 'approval', input: z.object({ approved: z.boolean() }) }))
await ingest.deploy({ name: 'often', every: '1h' })
await asks.deploy({ name: 'ask' })
`

/** The whole of `sluice dev` in a process, and somebody elsewhere who knows only its address. */
let project: Project
let elsewhere: Project
let dev: Started
let url = ''
let away: Readonly<Record<string, string>> = {}

beforeAll(async () => {
  project = createProject({ 'flows/etl.ts': flows('one') })
  shareCompileCache(project)
  elsewhere = createProject()
  dev = project.start(['dev', '--port', '0'])
  await dev.said('takes runs of pool')
  const status = json(await project.main(['server', 'status', '--json']))
  url = String(status['url'])
  const token = await project.main(['tokens', 'create', 'away', '--scope', 'admin', '--json'])
  away = { SLUICE_API_URL: url, SLUICE_API_TOKEN: String(json(token)['token']) }
}, 30_000)

afterAll(async () => {
  dev.kill('SIGINT')
  await dev.ended
  project[Symbol.dispose]()
  elsewhere[Symbol.dispose]()
}, 30_000)

test('dev finds the flows, deploys what they declare, and says what to do next', async () => {
  await dev.said('npx sluice deployments run ingest/often --watch logs')
  await dev.said('flows/etl.ts:asks')
  const [server = ''] = readdirSync(path.join(project.dir, '.sluice/servers'))
  await dev.said(`Ctrl-C, or kill ${server.split('-')[0]}, stops everything`)
  expect(json(await project.main(['deployments', 'ls', '--json']))['items']).toHaveLength(2)
  expect((await project.main(['worker', 'ls'])).stdout).toMatch(/default +online +0 of \d/)
})

test('a run is started by name, waited for, and its result printed; a failed one exits 1', async () => {
  const end = await project.main(['deployments', 'run', 'often', '-p', 'months=[1,2]', '--wait'])
  expect(end).toMatchObject({ code: 0, stdout: '{\n  "total": 300,\n  "version": "one"\n}\n' })
  const failed = await project.main(['deployments', 'run', 'often', '-p', 'fail=true', '--watch', 'logs'])
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('extracting 1')
  expect(failed.stderr).toContain('no such table')
})

/** The lake of the server, by whoever names it; and by those who are there, for comparison. */
async function lakeBoth(...args: readonly string[]): Promise<readonly [there: string, here: string]> {
  const [there, here] = [await elsewhere.main(['lake', ...args], '', away), await project.main(['lake', ...args])]
  expect(there, there.stderr).toMatchObject({ code: here.code, stderr: here.stderr })
  return [withoutAgo(there.stdout), withoutAgo(here.stdout)]
}

const lakeThere = (...args: readonly string[]): Promise<Ended> => elsewhere.main(['lake', ...args], '', away)

test('the lake of a server that is named is loaded, asked and changed as that of the home', async () => {
  elsewhere.write(
    'trips.csv',
    'id,fare,at\n1,2.5,2026-01-01T10:00:00Z\n2,3.5,2026-01-02T10:00:00Z\n3,much,2026-01-03T10:00:00Z\n',
  )
  const load = ['ingest', 'bronze.trips', 'trips.csv', '--max-rejected', '0.5', '--id', 'monday']
  expect((await lakeThere(...load)).stdout).toMatch(/✓ bronze\.trips {2}3 rows|✓ bronze\.trips {2}2 rows/)
  expect((await lakeThere(...load)).stdout).toContain('was there already')
  elsewhere.write('more.csv', 'id,fare,at\n4,much,2026-01-03T10:00:00Z\n5,1,2026-01-03T10:00:00Z\n')
  await lakeThere('ingest', 'bronze.trips', 'more.csv', '--max-rejected', '0.5')
  expect((await lakeThere('tag', 'bronze.trips', 'good')).stdout).toContain('bronze.trips@good')
  await lakeThere('branch', 'bronze.trips', 'try')
  await lakeThere('release', '2026-01', 'bronze.trips')
  await lakeThere('view', 'gold.big', 'select id from bronze.trips where id > 1')
  for (const args of [
    ['ls', '--json'],
    ['show', 'bronze.trips', '--json'],
    ['show', 'gold.big'],
    ['versions', 'bronze.trips', '--json'],
    ['preview', 'bronze.trips', '--columns', 'id,at'],
    ['sql', 'select id, at from bronze.trips order by id'],
    ['diff', 'bronze.trips', 'good', '--json'],
    ['quarantine', 'bronze.trips', '--json'],
    ['quarantine', 'replay', 'bronze.trips', '--json'],
    ['checks', 'bronze.trips', '--run'],
    ['search', 'trips', '--json'],
    ['joins', 'bronze.trips'],
    ['schema', 'gold.big'],
    ['lineage', 'bronze.trips', '--json'],
    ['compact', 'bronze.trips', '--json'],
    ['sweep', '--dry-run', '--json'],
    ['verify'],
    ['alter', 'bronze.trips', '--describe', 'fare=in dollars', '--json'],
    ['delete', 'bronze.trips', '--where', 'id=1', '--json'],
    ['show', 'bronze.none'],
    ['sql', 'select nonsense'],
  ]) {
    const [there, here] = await lakeBoth(...args)
    // What was changed by the first of them was so already for the second.
    if (['alter', 'compact'].includes(args[0] ?? '')) continue
    const parsed = (text: string): unknown => (args.includes('--json') ? JSON.parse(text) : text)
    expect(parsed(there), args.join(' ')).toEqual(parsed(here))
  }
  expect((await lakeThere('delete', 'bronze.trips', '--where', 'id=1', '--yes')).stdout).toContain('1 row deleted')
  expect((await lakeThere('rollback', 'bronze.trips', 'good')).stdout).toContain('again')
  expect((await lakeThere('expire', 'bronze.trips', '--dry-run')).stdout).toContain('no version that is too old')
  expect((await lakeThere('rollback', '--release', '2026-01')).stdout).toContain('bronze.trips')
  expect((await lakeThere('branch', 'bronze.trips', 'try', '--delete')).code).toBe(0)
  expect((await lakeThere('tag', 'bronze.trips', 'good', '--delete')).code).toBe(0)
  expect((await lakeThere('view', 'gold.big', '--drop')).code).toBe(0)
  expect(await lakeThere('publish', 'bronze.trips', 'none')).toMatchObject({ code: 2 })
  expect((await lakeThere('audit', 'bronze.trips')).stdout).toMatch(/token:a\S* +write +bronze\.trips/)
  expect((await lakeThere('drop', 'bronze.trip', '--yes')).stderr).toContain('bronze.trips')
  expect((await lakeThere('drop', 'bronze.trips', '--yes')).stdout).toContain('is dropped')
  expect(json(await project.main(['lake', 'ls', '--json']))['items']).toEqual([])
}, 60_000)

test.each([
  ['rebuild'],
  ['adopt'],
  ['relocate'],
  ['files', 'raw.contracts'],
  ['put', 'raw.contracts', 'package.json'],
  ['get', 'raw.contracts', 'a'],
  ['raw', 'bronze.trips'],
  ['ingest', 'bronze.trips', 'a.csv', 'b.csv'],
  ['ingest', 'bronze.trips', 'https://example.org/a.csv'],
])('lake %s does nothing here when a server was named', async (...args) => {
  expect(await lakeThere(...args)).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('[LAKE_NOT_REMOTE]'),
  })
})

test('a server that is named shows runs as the home does, and the same JSON', async () => {
  for (const args of [
    ['runs', 'show', 'last'],
    ['runs', 'ls', '--json', '--limit', '2'],
    ['runs', 'logs', 'last', '--json'],
  ]) {
    const there = await elsewhere.main(args, '', away)
    expect(there).toMatchObject({ code: 0, stderr: '' })
    expect(withoutAgo(there.stdout)).toBe(withoutAgo((await project.main(args)).stdout))
  }
  const id = String(json(await project.main(['runs', 'show', 'last', '--json']))['id'])
  expect(json(await elsewhere.main(['runs', 'show', id.slice(0, 18), '--json'], '', away))).toMatchObject({ id })
  const wrong = await elsewhere.main(['runs', 'ls', '--json'], '', { SLUICE_API_URL: url, SLUICE_API_TOKEN: 'wrong' })
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('UNAUTHENTICATED') })
})

test('a server of this project that keeps its runs in a database elsewhere is asked for them', async () => {
  using here = createProject({ '.sluice/token': `${away['SLUICE_API_TOKEN'] ?? ''}\n` })
  const file = { url, pid: process.pid, host: hostname(), startedAt: '2026-01-01T00:00:00.000Z' }
  here.write('.sluice/servers/1.json', JSON.stringify({ ...file, store: 'postgres' }))
  const there = json(await here.main(['runs', 'ls', '--json']))
  expect(there['items']).toEqual(json(await project.main(['runs', 'ls', '--json']))['items'])
  expect(there['items']).not.toEqual([])
  here.write('.sluice/servers/1.json', JSON.stringify({ ...file, store: 'sqlite' }))
  expect(json(await here.main(['runs', 'ls', '--json']))['items']).toEqual([])
})

test('a run for later says when it is due, not that it has started', async () => {
  const id = String(json(await project.main(['deployments', 'run', 'often', '--in', '2h', '--json']))['id'])
  expect((await project.main(['runs', 'ls', '--limit', '1'])).stdout).toMatch(/scheduled +in (1h 59m|2h)/)
  await project.main(['runs', 'cancel', id])
  expect((await project.main(['runs', 'ls', '--limit', '1'])).stdout).toMatch(/cancelled +(just now|\d+ s ago)/)
})

test('a run that waits says for what, refuses a wrong answer, and goes on with a right one', async () => {
  const id = String(json(await project.main(['deployments', 'run', 'asks/ask', '--json']))['id'])
  await until(async () => (await project.main(['waits', 'ls'])).stdout.includes('approval'))
  expect((await elsewhere.main(['runs', 'why', id], '', away)).stdout).toContain('approval')
  expect(await project.main(['runs', 'answer', id, 'aproval', '--value', '1'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("did you mean 'approval'"),
  })
  const wrong = await project.main(['runs', 'answer', id, '-p', 'approved=maybe'])
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('ANSWER_INVALID') })
  expect(await project.main(['runs', 'answer', id, '-p', 'approved=true'])).toMatchObject({ code: 0 })
  await project.main(['runs', 'logs', '-f', id])
  expect(json(await project.main(['runs', 'show', id, '--json']))).toMatchObject({ result: { approved: true } })
})

test('a run of a pool is cancelled, retried and repeated by its workers', async () => {
  const id = String(json(await project.main(['deployments', 'run', 'asks/ask', '--json']))['id'])
  await until(async () => (await project.main(['waits', 'ls'])).stdout.includes('approval'))
  const cancelled = await elsewhere.main(['runs', 'cancel', id], '', away)
  expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringMatching(/ended: cancelled/) })
  const failed = await project.main(['deployments', 'run', 'often', '-p', 'fail=true', '--wait', '--json'])
  const retried = await project.main(['runs', 'retry', String(json(failed)['id']), '--wait', '--json'])
  expect(json(retried)).toMatchObject({ state: { name: 'Failed' }, attempt: 2 })
  const again = await project.main([
    'runs',
    'rerun',
    String(json(failed)['id']),
    '-p',
    'fail=false',
    '--wait',
    '--json',
  ])
  expect(json(again)).toMatchObject({ state: { name: 'Completed' }, rerunOf: json(failed)['id'] })
})

test('sluice/client starts a run, reads what it logs and its result, and cancels', async () => {
  await using client = await connect({ url, token: away['SLUICE_API_TOKEN'] ?? '' })
  const run = await client.run('ingest/often', { months: [3] })
  const logged: string[] = []
  for await (const line of run.logs()) logged.push(line.message)
  expect(logged).toEqual(['extracting 3'])
  expect(await run.result()).toEqual({ total: 300, version: 'one' })
  const failing = await client.run('ingest/often', { fail: true })
  await expect(failing.result()).rejects.toThrow('no such table')
  const waiting = await client.run('asks/ask')
  await waiting.cancel('enough')
  await expect(waiting.result()).rejects.toThrow(/cancelled/)
  await expect(client.run('ingest/gone')).rejects.toThrow(/ingest\/gone/)
  await expect(client.run('ingest/often', { months: ['x'] })).rejects.toThrow(/months/)
  expect((await client.api.listRuns({ query: { flow: 'ingest', limit: 1 } })).items).toHaveLength(1)
})

test.each([
  ['a file that is not there', 'flows/gone.ts:gone', 'FILE_NOT_FOUND'],
  ['a flow that the file does not have', 'flows/etl.ts:gone', 'FLOW_NOT_FOUND'],
  ['a file that throws when imported', 'throws.ts:gone', 'IMPORT_FAILED'],
])('%s fails the run at once, without a crash, and why says what to correct', async (_, entrypoint, code) => {
  project.write('throws.ts', "throw new Error('no settings')\n")
  await using client = await connect({ url, token: away['SLUICE_API_TOKEN'] ?? '' })
  const { id } = await client.api.createRun({ body: { entrypoint } })
  await expect(client.handle(id).result()).rejects.toThrow(code)
  const shown = json(await project.main(['runs', 'show', id, '--json']))
  expect(shown).toMatchObject({ state: { name: 'Failed' }, error: { code: 'LAUNCH_FAILED' } })
  expect(JSON.stringify(shown['timeline'])).not.toContain('Crashed')
  const why = await project.main(['runs', 'why', id])
  expect(why.stdout).toMatch(new RegExp(`could not be started: ${code}.*\\n?.*runs retry`, 's'))
})

test('changed code is live, and what is wrong with it is shown without ending anything', async () => {
  project.write('flows/etl.ts', flows('two'))
  await dev.said('ingest/often  v2, changed')
  project.write('flows/bad.ts', 'const x = (\n')
  await dev.said('flows/bad.ts:')
  const end = await project.main(['deployments', 'run', 'often', '--wait'])
  expect(end.stdout).toContain('"version": "two"')
})

/** Polls, with a deadline that only a hanging run reaches. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it never came true')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Times go on, and a server counts no tasks in its lists. */
function withoutAgo(text: string): string {
  return text.replaceAll(/\d+ s ago|just now/g, 'lately')
}

function json(end: Ended): Record<string, unknown> {
  try {
    return JSON.parse(end.stdout) as Record<string, unknown>
  } catch {
    throw new Error(`not JSON: ${end.stdout}\n${end.stderr}`)
  }
}
