import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createProject, type Ended } from './cli.fixture.ts'

const etl = `
import { appendFileSync, existsSync } from 'node:fs'
import { flow, run, task } from 'sluice'
const extract = task({ name: 'extract' }, async (n: number) => { appendFileSync('effects.txt', 'extract ' + n + '\\n'); return n * 100 })
const load = task({ name: 'load' }, async (rows: number[]) => {
  run.log.warn('loading', { batches: rows.length })
  if (!existsSync('table')) throw new Error('no such table: trips', { cause: new Error('SQLITE_ERROR') })
  return rows.reduce((sum, each) => sum + each, 0)
})
export const ingest = flow({ name: 'ingest-taxi' }, async ({ months = [1, 2], note = '' }: { months?: number[]; note?: string } = {}) => {
  console.log('a print of the flow')
  return { total: await load(extract.map(months)), note }
})
`

const stuck = `
import { appendFileSync, existsSync } from 'node:fs'
import { flow, run, task } from 'sluice'
const first = task({ name: 'first' }, async () => appendFileSync('effects.txt', 'first\\n'))
const wait = task({ name: 'wait' }, async () => {
  if (existsSync('go')) return 'went on'
  const { signal } = run
  console.error('WAITING')
  return new Promise<string>((_resolve, reject) => {
    const alive = setInterval(() => undefined, 1000)
    signal.addEventListener('abort', () => { clearInterval(alive); reject(signal.reason) })
  })
})
export const stuck = flow({ name: 'stuck' }, async () => { await first(); return wait() })
`

describe('run, and what is done with its record', () => {
  const project = createProject({ 'etl.ts': etl })
  afterAll(() => project[Symbol.dispose]())
  let id = ''

  test('a failed run exits 1 and tells the error, its cause and how to continue', async () => {
    const end = await project.sluice('run', 'etl.ts', '-p', 'months=[3,4]')
    expect(end.code).toBe(1)
    expect(end.stderr).toMatch(/ingest-taxi failed/)
    expect(end.stderr).toContain('caused by Error: SQLITE_ERROR')
    expect(end.stderr).toMatch(/at .*etl\.ts:7/)
    id = /npx sluice runs retry (\S+)/.exec(end.stderr)?.[1] ?? ''
    expect(id).toHaveLength(18)
  })

  test('runs show draws the tree, the error and the way on', async () => {
    const end = await project.sluice('runs', 'show', id)
    expect(end.code).toBe(0)
    expect(end.stdout).toMatch(/✗ ingest-taxi/)
    expect(end.stdout).toMatch(/├ ✓ extract/)
    expect(end.stdout).toMatch(/└ ✗ load failed: Error: no such table/)
    expect(end.stdout).toContain('parameters { months: [ 3, 4 ] }')
    expect(end.stdout).toContain(`sluice runs retry ${id}`)
  })

  test('runs show --json holds the run, its task runs and its error', async () => {
    const shown = json(await project.main(['runs', 'show', id, '--json']))
    expect(shown).toMatchObject({
      flow: 'ingest-taxi',
      state: { type: 'failed', name: 'Failed' },
      parameters: { months: [3, 4] },
      counts: { total: 3, failed: 1 },
      error: { name: 'Error', message: 'no such table: trips', cause: { message: 'SQLITE_ERROR' } },
      entrypoint: 'etl.ts:ingest-taxi',
    })
    expect(shown['taskRuns']).toHaveLength(3)
  })

  test('runs logs prints what the run logged, by level', async () => {
    const all = await project.main(['runs', 'logs', id])
    expect(all.stdout).toMatch(/load warn loading {2}batches=2\n/)
    const errors = json(await project.main(['runs', 'logs', id, '--level', 'error', '--json']))
    expect(errors).toEqual({ items: [], next: null })
  })

  test('runs retry goes on from the checkpoints: what is done is not done again', async () => {
    project.write('table', '')
    const end = await project.sluice('runs', 'retry', id)
    expect(end.code).toBe(0)
    expect(end.stdout).toContain('"total": 700')
    expect(end.stderr).toContain('2 replayed')
    expect(json(await project.main(['runs', 'show', 'last', '--json']))['taskRuns']).toEqual([
      expect.objectContaining({ name: 'extract', replayed: true }),
      expect.objectContaining({ name: 'extract', replayed: true }),
      expect.objectContaining({ name: 'load', replayed: false }),
    ])
    expect(readFileSync(path.join(project.dir, 'effects.txt'), 'utf8')).toBe('extract 3\nextract 4\n')
  })

  test('a completed run is not retried', async () => {
    const end = await project.sluice('runs', 'retry', id, '--json')
    expect(end.code).toBe(2)
    expect(errorOf(end)).toMatchObject({ code: 'RUN_NOT_RETRYABLE' })
  })

  test('runs rerun is a new run with the old parameters, edited, and linked to the old one', async () => {
    const again = json(await project.sluice('runs', 'rerun', id, '-p', 'note=again', '--json'))
    expect(again).toMatchObject({
      state: { name: 'Completed' },
      parameters: { months: [3, 4], note: 'again' },
      result: { total: 700, note: 'again' },
    })
    expect(String(again['rerunOf']).startsWith(id)).toBe(true)
  })

  test('runs ls lists them newest first, page by page, by flow and by state', async () => {
    const first = json(await project.main(['runs', 'ls', '--limit', '1', '--json']))
    expect(first).toMatchObject({ items: [{ flow: 'ingest-taxi', parentId: null, state: { type: 'completed' } }] })
    const second = json(await project.main(['runs', 'ls', '--after', String(first['next']), '--json']))
    expect(second).toMatchObject({ items: [{ flow: 'ingest-taxi', attempt: 2 }], next: null })
    expect(json(await project.main(['runs', 'ls', '--state', 'failed', '--json']))['items']).toEqual([])
    const table = await project.main(['runs'])
    expect(table.stdout).toMatch(/^ID +FLOW +STATE +STARTED +TOOK +TASKS\n/)
    expect(table.stdout).toContain(id)
  })

  test('with --json standard output is one document, whatever the flow prints', async () => {
    const end = await project.sluice('run', 'etl.ts:ingest', '--json')
    expect(json(end)).toMatchObject({ result: { total: 300 }, counts: { total: 3 }, durationMs: expect.any(Number) })
    expect(end.stderr).toBe('a print of the flow\n')
  })

  test('a run without parameters is repeated without parameters', async () => {
    const newest = firstOf(await project.main(['runs', 'ls', '--limit', '1', '--json']))
    expect(await project.sluice('runs', 'rerun', newest.id, '--json')).toMatchObject({ code: 0 })
  })

  test('doctor finds everything in order, and says where things are', async () => {
    const end = await project.main(['doctor'])
    expect(end.code).toBe(0)
    expect(end.stdout).toContain(path.join('.sluice', 'sluice.db'))
    expect(json(await project.main(['doctor', '--json']))['ok']).toBe(true)
  })
})

describe('a run whose process is killed or told to stop', () => {
  test('a killed run is Crashed for whoever looks next, and runs retry resumes it', async () => {
    using project = createProject({ 'stuck.ts': stuck })
    const started = project.start(['run', 'stuck.ts'])
    await started.said('WAITING')
    started.kill('SIGKILL')
    await started.ended
    const run = firstOf(await project.main(['runs', 'ls', '--json']))
    expect(run.state).toMatchObject({ name: 'Crashed' })
    project.write('go', '')
    const shown = await project.main(['runs', 'show', 'last'])
    expect(shown.stdout).toContain('npx sluice runs retry')
    expect(shown.stdout).not.toMatch(/●|1 crash/)
    const end = await project.sluice('runs', 'retry', run.id)
    expect(end).toMatchObject({ code: 0, stdout: 'went on\n' })
    expect(readFileSync(path.join(project.dir, 'effects.txt'), 'utf8')).toBe('first\n')
  })

  test('runs cancel stops a run in another process, which exits 130', async () => {
    using project = createProject({ 'stuck.ts': stuck })
    const started = project.start(['run', 'stuck.ts'])
    await started.said('WAITING')
    const run = firstOf(await project.main(['runs', 'ls', '--json']))
    const retried = await project.sluice('runs', 'retry', run.id, '--json')
    expect(errorOf(retried)).toMatchObject({ code: 'RUN_STILL_OWNED' })
    const cancelled = await project.main(['runs', 'cancel', run.id])
    expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringMatching(/ended: cancelled/) })
    const ended = await started.ended
    expect(ended.code).toBe(130)
    expect(ended.stderr).not.toContain('RUN_CANCELLED')
    const shown = await project.main(['runs', 'show', 'last'])
    expect(shown.stdout).toMatch(/⊘ wait cancelled +\d/)
    expect(shown.stdout).not.toContain('RUN_CANCELLED')
  })

  test('cancelling a run whose process is dead ends it Cancelled at once', async () => {
    using project = createProject({ 'stuck.ts': stuck })
    const started = project.start(['run', 'stuck.ts'])
    await started.said('WAITING')
    const id = /\S{8}-\S{4}-7\S{3}/.exec((await killed(started)).stderr)?.[0] ?? ''
    const end = await project.main(['runs', 'cancel', id, '--json'])
    expect(json(end)).toMatchObject({ state: { name: 'Cancelled' } })
  })

  test('Ctrl-C cancels: the state is recorded, the exit says 130 or SIGINT', async () => {
    using project = createProject({ 'stuck.ts': stuck })
    const started = project.start(['run', 'stuck.ts'])
    await started.said('WAITING')
    started.kill('SIGINT')
    const end = await started.ended
    expect(end.code === 130 || end.signal === 'SIGINT').toBe(true)
    expect(end.stderr).toMatch(/stuck cancelling …[\s\S]*⊘ stuck cancelled in [^\n]* · Ctrl-C\n/)
    expect(end.stderr).not.toContain('was cancelled')
    expect((await project.main(['runs', 'show', 'last'])).stdout).not.toContain('was cancelled')
    expect(json(await project.main(['runs', 'ls', '--json']))).toMatchObject({
      items: [{ state: { name: 'Cancelled' } }],
    })
  })
})

describe('a wrong command', () => {
  const project = createProject({
    'two.ts':
      "import { flow } from 'sluice'\nexport const alpha = flow(async () => 1)\nexport const beta = flow(async () => 2)\nexport const takes = flow(async ({ n }: { n: number }) => n)\n",
    'starts.ts': "import { flow } from 'sluice'\nexport const a = flow({ name: 'a' }, async () => 1)\nawait a()\n",
    'enum.ts': 'enum Color { Green }\n',
    'extension.ts': "import './two'\n",
    'throws.ts': "throw new Error('no token')\n",
  })
  afterAll(() => project[Symbol.dispose]())

  test.each([
    [['run', 'gone.ts'], 2, 'FILE_NOT_FOUND', /gone\.ts/],
    [['run', 'two.ts'], 2, 'FLOW_AMBIGUOUS', /alpha, beta, takes/],
    [['run', 'two.ts:alph'], 2, 'FLOW_NOT_FOUND', /did you mean 'alpha'/],
    [['run', 'starts.ts'], 2, 'RUN_DURING_IMPORT', /import\.meta\.main/],
    [['run', 'enum.ts'], 2, 'IMPORT_FAILED', /erasableSyntaxOnly/],
    [['run', 'extension.ts'], 2, 'IMPORT_FAILED', /write the whole name, '.*two\.ts'/],
    [['run', 'throws.ts'], 2, 'IMPORT_FAILED', /no token \(at .*throws\.ts:1/],
    [['run', 'two.ts:alpha', '-p', 'x'], 2, 'PARAMETER_SYNTAX', /no '='/],
    [['runs', 'show', '0199a1b2'], 2, 'RUN_NOT_FOUND', /0199a1b2/],
    [['runs', 'show', 'nope'], 2, 'USAGE', /argument 'id'.*beginning of a run's id/],
    [['runs', 'show', 'last'], 2, 'RUN_NOT_FOUND', /last.*\.sluice/],
    [['run', 'two.ts:gamma-rays'], 2, 'FLOW_NOT_FOUND', /in two\.ts: it exports alpha, beta, takes/],
    [['run', 'two.ts:takes'], 2, 'PARAMETERS_INVALID', /npx sluice run two\.ts:takes -p name=value/],
    [['runs', 'ls', '--state', 'sleeping'], 2, 'OPTION_INVALID', /completed, failed/],
    [['runs', 'ls', '--limit', '0'], 2, 'USAGE', /1 to 1000/],
    [['fly'], 2, 'USAGE', /unknown command 'fly'/],
  ] as const)('%j exits %i with %s', async (args, code, errorCode, message) => {
    // What loads no code of the user's needs no process of its own.
    const end = args[0] === 'runs' ? await project.main([...args, '--json']) : await project.sluice(...args, '--json')
    expect(end).toMatchObject({ code, stdout: '' })
    expect(errorOf(end)).toEqual({
      code: errorCode,
      message: expect.stringMatching(message),
      details: expect.any(Object),
    })
  })

  test('a wrong command without --json is told in words', async () => {
    const end = await project.sluice('run', 'gone.ts')
    expect(end).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^sluice: File 'gone\.ts' does not exist/),
    })
  })

  test('a SLUICE_LOG that is no mode is refused before anything runs', async () => {
    const end = await project.start(['run', 'two.ts:alpha'], { SLUICE_LOG: 'loud' }).ended
    expect(end).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/live, plain, json, silent/) })
  })

  test('help and version need no home', async () => {
    using bare = createProject()
    expect(await bare.sluice()).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: sluice') })
    expect(await bare.sluice('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sluice \d/) })
    expect(json(await bare.main(['version', '--json']))).toEqual({
      version: expect.any(String),
      node: process.versions.node,
    })
    expect(existsSync(path.join(bare.dir, '.sluice'))).toBe(false)
  })
})

async function killed(started: { kill(signal: NodeJS.Signals): void; readonly ended: Promise<Ended> }): Promise<Ended> {
  started.kill('SIGKILL')
  return started.ended
}

function json(end: Ended): Record<string, unknown> {
  return parse(end.stdout, end)
}

/** The first run of a list. */
function firstOf(end: Ended): { readonly id: string; readonly state: unknown } {
  const { items } = json(end)
  const run: unknown = Array.isArray(items) ? items[0] : undefined
  if (!isRecord(run)) throw new Error(`no run in: ${end.stdout}`)
  return { id: String(run['id']), state: run['state'] }
}

function errorOf(end: Ended): unknown {
  return parse(end.stderr, end)['error']
}

function parse(text: string, end: Ended): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value)) return value
  } catch {
    // Told below, with all that was printed.
  }
  throw new Error(`not a JSON object: ${end.stdout}\n${end.stderr}`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

describe('where nothing ran yet', () => {
  test('looking finds nothing and makes nothing', async () => {
    using project = createProject()
    const listed = await project.main(['runs', 'ls', '--json'])
    expect(JSON.parse(listed.stdout)).toEqual({ items: [], next: null })
    expect((await project.main(['runs', 'show', '0199'])).stderr).toMatch(/RUN_NOT_FOUND|There is no run/)
    expect((await project.main(['runs'])).stdout).toContain(`in ${path.join(project.dir, '.sluice')} yet`)
    expect(existsSync(path.join(project.dir, '.sluice'))).toBe(false)
  })
})

describe('what runs of runs leave behind', () => {
  const project = createProject({
    'nested.ts': `
import { flow, run, task } from 'sluice'
const clean = task({ name: 'clean', runName: 'clean green' }, async () => {
  run.log.info('dropped 3')
  run.artifact.table('trips', [{ color: 'green', rows: 12 }, { color: 'yellow', rows: 3 }], { description: 'per color' })
  run.artifact.markdown('notes', '# Done\\nwell')
  run.artifact.link('docs', 'https://example.org/x')
})
const month = flow({ name: 'month', runName: 'green 2020-05' }, async () => clean())
export const year = flow({ name: 'year' }, async () => { await month() })
`,
  })
  afterAll(() => project[Symbol.dispose]())

  test('logs and artifacts say whose they are; tables are drawn, and last is the newest root run', async () => {
    expect(await project.sluice('run', 'nested.ts')).toMatchObject({ code: 0 })
    const logs = await project.main(['runs', 'logs', 'last'])
    expect(logs.stdout).toContain('green 2020-05 › clean dropped 3')
    const artifacts = await project.main(['runs', 'artifacts', 'last'])
    expect(artifacts.stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'trips  per color  table of green 2020-05 › clean',
        '  color   rows',
        '  green     12',
        '  yellow     3',
        '  # Done',
        '  https://example.org/x',
      ]),
    )
    expect(json(await project.main(['runs', 'artifacts', 'last', '--json']))['items']).toHaveLength(3)
    expect((await project.main(['runs', 'show', 'last'])).stdout).toMatch(/└ ✓ clean green +\d/)
  })
})
