import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createProject, type Ended } from './cli.fixture.ts'

const etl = `
import { flow } from 'sluice'
import * as z from 'zod'
export const ingest = flow(
  { name: 'ingest', description: 'Loads trips.', parameters: z.object({ months: z.array(z.int()).default([1]) }) },
  async ({ months }) => months.length,
)
export const other = flow({ name: 'other' }, async () => 1)
`

describe('what is deployed and set without a server', () => {
  const project = createProject({ 'etl.ts': etl, 'broken.ts': 'import { nothing } from "./gone.ts"\n' })
  afterAll(() => project[Symbol.dispose]())

  test('deploy makes a deployment; the same again changes nothing', async () => {
    const args = ['deploy', 'etl.ts:ingest', '--name', 'nightly', '--cron', '0 5 * * *', '--timezone', 'Europe/Berlin']
    const first = await project.main(args)
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/✓ ingest\/nightly {2}v1, new/) })
    expect(first.stdout).toMatch(/cron 0 5 \* \* \* \(Europe\/Berlin\), next in/)
    expect(json(await project.main([...args, '--json']))).toMatchObject({
      created: false,
      changed: false,
      deployment: {
        fullName: 'ingest/nightly',
        entrypoint: 'etl.ts:ingest',
        description: 'Loads trips.',
        version: { number: 1 },
        parameterSchema: { properties: { months: expect.anything() } },
        schedules: [{ cron: '0 5 * * *', timezone: 'Europe/Berlin' }],
      },
    })
  })

  test('deploy --block names what its runs may open', async () => {
    const made = await project.main([
      'deploy',
      'etl.ts:other',
      '--name',
      'opens',
      '--block',
      'Secret/api-key',
      '--json',
    ])
    expect(json(made)).toMatchObject({ deployment: { blocks: ['Secret/api-key'], jobVariables: {} } })
    const wrong = await project.main(['deploy', 'etl.ts:other', '--name', 'opens', '--block', 'api-key'])
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Kind/name') })
    await project.main(['deployments', 'rm', 'other/opens'])
  })

  test('deploy says what it removes of a deployment because it was not given again', async () => {
    const named = ['deploy', 'etl.ts:ingest', '--name', 'full']
    const full = [...named, '--cron', '0 5 * * *', '-p', 'months=[2]', '--tag', 'daily', '--priority', '3']
    expect((await project.main(full)).stdout).not.toContain('removed')
    expect((await project.main(full)).stdout).not.toContain('removed')
    const bare = await project.main([...named, '--tag', 'daily'])
    expect(bare.stdout).toMatch(
      /schedule cron 0 5.* removed\n.*parameter 'months'.* removed\n.*priority 3.* removed\n$/,
    )
    expect(json(await project.main([...named, '--json']))).toMatchObject({ removed: ["tag 'daily'"] })
    await project.main(['deployments', 'rm', 'ingest/full'])
  })

  test('deployments are listed, shown, paused and resumed, by any name that is enough', async () => {
    expect((await project.main(['deployments'])).stdout).toMatch(/^DEPLOYMENT.*\n.*active.*in \d/s)
    const shown = await project.main(['deployments', 'show', 'nightly'])
    expect(shown.stdout).toContain('months?: array')
    expect(shown.stdout).toContain('npx sluice deployments run ingest/nightly')
    await project.main(['deployments', 'pause', 'ingest'])
    expect(json(await project.main(['deployments', 'show', 'nightly', '--json']))).toMatchObject({ paused: true })
    const schedule = await project.main(['deployments', 'pause', 'nightly', '--schedule', 'default', '--json'])
    expect(json(schedule)).toMatchObject({ slug: 'default', active: false })
    await project.main(['deployments', 'resume', 'nightly', '--schedule', 'default'])
    expect(await project.main(['deployments', 'resume', 'nightly'])).toMatchObject({
      code: 0,
      stdout: 'Deployment ingest/nightly is active.\n',
    })
  })

  test('a run that no worker takes waits, says why, and is cancelled at once', async () => {
    const later = await project.main(['deployments', 'run', 'nightly', '-p', 'months=[1,2]', '--in', '5m', '--json'])
    const run = json(later)
    expect(run).toMatchObject({ flow: 'ingest', pool: 'default', state: { name: 'Scheduled' } })
    const why = await project.main(['runs', 'why', 'last'])
    expect(why.stdout).toMatch(/No server runs on this project[\s\S]*server start/)
    expect(why.stdout).toMatch(/due in (?:4m|5m)[\s\S]*npx sluice runs resume/)
    expect(json(await project.main(['runs', 'resume', 'last', '--json']))).toMatchObject({ id: run['id'] })
    expect((await project.main(['runs', 'why', 'last'])).stdout).toContain('worker start')
    const listed = await project.main(['runs', 'ls', '--deployment', 'ingest/nightly', '--since', '1h', '--json'])
    expect(json(listed)).toMatchObject({ items: [{ id: run['id'] }] })
    expect(await project.main(['runs', 'cancel', 'last'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ended: cancelled/),
    })
  })

  test('the same idempotency key gives the same run again', async () => {
    const args = ['deployments', 'run', 'nightly', '--idempotency-key', 'k1', '--json']
    expect(json(await project.main(args))['id']).toBe(json(await project.main(args))['id'])
    await project.main(['runs', 'cancel', 'last'])
  })

  test.each([
    [['deployments', 'show', 'nigtly'], 2, 'DEPLOYMENT_NOT_FOUND', /did you mean 'nightly'/],
    [['deployments', 'run', 'nightly', '-p', 'months=["x"]'], 2, 'PARAMETERS_INVALID', /months/],
    [['deployments', 'run', 'nightly', '--at', 'tomorrow'], 2, 'OPTION_INVALID', /2026-12-01T10:00Z/],
    [['deployments', 'run', 'nightly', '--in', 'soon'], 2, 'DURATION_INVALID', /soon/],
    [['deploy', 'etl.ts:ingest', '--cron', '5 * 1 0 *'], 2, 'SCHEDULE_INVALID', /5 \* 1 0 \*/],
    [['deploy', 'etl.ts:ingest', '--cron', '0 5 * * *', '--timezone', 'Mars/Base'], 2, 'SCHEDULE_INVALID', /Mars/],
    [['deploy', 'etl.ts'], 2, 'FLOW_AMBIGUOUS', /ingest, other/],
    [['deploy', 'etl.ts:inges'], 2, 'FLOW_NOT_FOUND', /did you mean 'ingest'/],
    [['deploy', 'gone.ts:x'], 2, 'FILE_NOT_FOUND', /gone\.ts/],
    [['deploy', 'broken.ts:x'], 2, 'IMPORT_FAILED', /gone\.ts/],
    [['deploy', 'etl.ts:ingest', '--pool', 'nowhere'], 2, 'POOL_NOT_FOUND', /nowhere/],
    [['pools', 'show', 'nowhere'], 2, 'POOL_NOT_FOUND', /nowhere/],
    [['pools', 'set', 'default', '--concurrency', 'many'], 2, 'OPTION_INVALID', /'none'/],
    [['variables', 'get', 'gone'], 2, 'VARIABLE_NOT_FOUND', /gone/],
    [['limits', 'show', 'gone'], 2, 'LIMIT_NOT_FOUND', /gone/],
    [['blocks', 'set', 'Secrt', 'x'], 2, 'OPTION_INVALID', /did you mean 'Secret'/],
    [['blocks', 'set', 'Secret', 'x'], 2, 'OPTION_INVALID', /--field value=-/],
    [['tokens', 'create', 'x', '--scope', 'all'], 2, 'OPTION_INVALID', /read, run, admin, worker/],
    [['profile', 'use', 'prod'], 2, 'OPTION_INVALID', /no profile 'prod'/],
    [['profile', 'set', 'p', '--url', 'nowhere'], 2, 'OPTION_INVALID', /nowhere/],
    [['config', 'set', 'logs', 'plain'], 2, 'OPTION_INVALID', /did you mean 'log'/],
    [['config', 'set', 'log', 'loud'], 2, 'OPTION_INVALID', /live, plain, json, silent/],
    [['runs', 'answer', 'last'], 2, 'OPTION_INVALID', /--value true/],
    [['--api-url', 'http://127.0.0.1:9', 'runs', 'ls'], 1, 'SERVER_UNREACHABLE', /127\.0\.0\.1:9/],
    [['deployment', 'ls'], 2, 'USAGE', /Did you mean deployments/],
  ] as const)('%j exits %i with %s', async (args, code, errorCode, message) => {
    const end = await project.main([...args, '--json'])
    expect(end).toMatchObject({ code, stdout: '' })
    expect(errorOf(end)).toMatchObject({ code: errorCode, message: expect.stringMatching(message) })
  })

  test('a worker needs a server, and says how to start one', async () => {
    const end = await project.main(['worker', 'start'])
    expect(end).toMatchObject({ code: 1, stderr: expect.stringContaining('npx sluice server start') })
  })

  test('pools and queues are made, changed, paused and deleted', async () => {
    expect(json(await project.main(['pools', 'create', 'heavy', '--concurrency', '2', '--json']))).toMatchObject({
      name: 'heavy',
      concurrency: 2,
    })
    expect(json(await project.main(['pools', 'set', 'heavy', '--concurrency', 'none', '--json']))).toMatchObject({
      concurrency: null,
    })
    await project.main(['queues', 'create', 'urgent', '--pool', 'heavy', '--priority', '5'])
    expect((await project.main(['queues', 'ls', '--pool', 'heavy'])).stdout).toMatch(/urgent +active +5/)
    await project.main(['queues', 'pause', 'urgent', '--pool', 'heavy'])
    await project.main(['pools', 'pause', 'heavy'])
    expect((await project.main(['pools'])).stdout).toMatch(/heavy +paused/)
    expect((await project.main(['pools', 'show', 'heavy'])).stdout).toContain('urgent (paused)')
    expect(await project.main(['queues', 'rm', 'urgent', '--pool', 'heavy'])).toMatchObject({ code: 0 })
    expect(await project.main(['pools', 'rm', 'heavy'])).toMatchObject({ code: 0 })
    expect(await project.main(['pools', 'rm', 'default'])).toMatchObject({ code: 2 })
  })

  test('variables, limits and events keep what they are told', async () => {
    await project.main(['variables', 'set', 'months', '[1,2]'])
    expect(await project.main(['variables', 'get', 'months'])).toMatchObject({ stdout: '[\n  1,\n  2\n]\n' })
    expect(json(await project.main(['variables', 'ls', '--json']))).toMatchObject({
      items: [{ value: [1, 2] }],
      next: null,
    })
    await project.main(['variables', 'rm', 'months'])
    expect(json(await project.main(['limits', 'set', 'warehouse', '4', '--json']))).toMatchObject({ slots: 4 })
    expect((await project.main(['limits', 'show', 'warehouse'])).stdout).toContain('0 of 4 held')
    await project.main(['limits', 'rm', 'warehouse'])
    await project.main(['events', 'emit', 'order.paid', '--key', '1001', '-p', 'amount=9.9'])
    expect((await project.main(['events', 'ls', '--name', 'order.paid'])).stdout).toMatch(/order\.paid +1001 .*9\.9/)
  })

  test('a secret comes from standard input or a file, and is told nowhere', async () => {
    const saved = await project.main(['blocks', 'set', 'Secret', 'pw', '--field', 'value=-'], 'tr0ub4dor\n')
    expect(saved).toMatchObject({ code: 0, stderr: '' })
    const shown = await project.main(['blocks', 'show', 'Secret', 'pw'])
    expect(shown.stdout).toBe('value  ********\n')
    expect((await project.main(['blocks', 'ls', '--json'])).stdout).not.toContain('tr0ub4dor')
    const warned = await project.main(['blocks', 'set', 'Secret', 'pw', '--field', 'value=hunter2'])
    expect(warned.stderr).toMatch(/on the command line/)
    expect(warned.stdout + warned.stderr).not.toContain('hunter2')
    expect(json(await project.main(['db', 'rotate-key', '--json']))).toEqual({ blocks: 1 })
    expect((await project.main(['blocks', 'show', 'Secret', 'pw'])).stdout).toBe('value  ********\n')
    expect(statSync(path.join(project.dir, '.sluice/secret.key')).mode & 0o777).toBe(0o600)
    await project.main(['blocks', 'rm', 'Secret', 'pw'])
  })

  test('a token is told once, listed without its text, and revoked by name', async () => {
    const made = await project.main(['tokens', 'create', 'ci', '--scope', 'read', '--expires', '30d'])
    const token = made.stdout.trim()
    expect(token.length).toBeGreaterThan(20)
    const listed = await project.main(['tokens', 'ls'])
    expect(listed.stdout).toMatch(/ci +read +active/)
    expect(listed.stdout).not.toContain(token)
    await project.main(['tokens', 'revoke', 'ci'])
    expect((await project.main(['tokens', 'ls'])).stdout).toMatch(/ci +read +revoked/)
  })

  test('the database tells its schema, is copied once, and gives room back', async () => {
    expect((await project.main(['db', 'status'])).stdout).toMatch(/schema +version \d+, up to date/)
    expect(json(await project.main(['db', 'migrate', '--json']))).toMatchObject({ kind: 'sqlite' })
    const backup = await project.main(['db', 'backup', 'copy.db'])
    expect(backup).toMatchObject({ code: 0, stdout: `${path.join(project.dir, 'copy.db')}\n` })
    expect(await project.main(['db', 'backup', 'copy.db'])).toMatchObject({ code: 2 })
    expect(json(await project.main(['db', 'vacuum', '--json']))).toMatchObject({ bytes: expect.any(Number) })
  })

  test('deployments go, their runs stay', async () => {
    expect(await project.main(['deployments', 'rm', 'nightly'])).toMatchObject({ code: 0 })
    expect(json(await project.main(['deployments', 'ls', '--json']))).toEqual({ items: [], next: null })
    expect(json(await project.main(['runs', 'ls', '--json']))['items']).toHaveLength(2)
  })
})

describe('settings and profiles of a person', () => {
  const project = createProject({ 'one.ts': "import { flow } from 'sluice'\nexport const one = flow(async () => 1)\n" })
  afterAll(() => project[Symbol.dispose]())
  const file = path.join(project.dir, 'config/sluice/config.toml')

  test('a setting counts where the environment says nothing', async () => {
    expect(await project.sluice('config', 'set', 'log', 'silent')).toMatchObject({ code: 0 })
    expect(await project.sluice('run', 'one.ts')).toMatchObject({ code: 0, stdout: '1\n', stderr: '' })
    const loud = await project.start(['run', 'one.ts'], { SLUICE_LOG: 'plain' }).ended
    expect(loud.stderr).toContain('▶')
    expect((await project.main(['config'])).stdout).toMatch(/log +silent +config/)
    await project.main(['config', 'set', 'log'])
    expect((await project.main(['config', 'get', 'log', '--json'])).stdout).toContain('"default"')
  })

  test('profiles are kept with their tokens, which are shown to nobody, in a file of their owner', async () => {
    const url = 'http://127.0.0.1:9'
    await project.main(['profile', 'set', 'prod', '--url', url, '--token', '-'], 's3cret\n')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toContain('s3cret')
    const listed = await project.main(['profile', 'ls', '--json'])
    expect(json(listed)['items']).toEqual([{ name: 'prod', url, token: true, active: false }])
    expect(listed.stdout).not.toContain('s3cret')
    await project.main(['profile', 'use', 'prod'])
    expect(json(await project.main(['profile', 'show', '--json']))).toEqual({ url, from: 'profile', token: true })
    expect(await project.main(['runs', 'ls'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('SERVER_UNREACHABLE'),
    })
    await project.main(['profile', 'rm', 'prod'])
    expect(await project.main(['runs', 'ls'])).toMatchObject({ code: 0 })
  })

  test('a file that is no TOML is refused by its name, and can still be asked about', async () => {
    project.write('config/sluice/config.toml', 'profile = [\n')
    expect(await project.main(['runs', 'ls'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('config.toml'),
    })
    expect(await project.main(['config', '--help'])).toMatchObject({ code: 0 })
  })
})

describe('help', () => {
  test('every verb has a description and an example, and no verb makes a home to tell it', async () => {
    using project = createProject()
    const { createProgram } = await import('./program/program.ts')
    const io = { stdout: { write: () => true }, stderr: { write: () => true }, env: {}, cwd: project.dir }
    const rest = {
      now: () => 0,
      wait: async () => undefined,
      readInput: async () => '',
      askSecret: async () => undefined,
    }
    const program = createProgram({ ...io, ...rest, onceStopped: async () => undefined }, () => undefined, false)
    for (const verb of leaves(program)) {
      expect(verb.description(), verb.name()).not.toBe('')
    }
    expect(await project.main(['deployments', 'run', '--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Examples:\n {2}\$ npx sluice deployments run ingest\/nightly/),
    })
    expect(existsSync(path.join(project.dir, '.sluice'))).toBe(false)
  })

  test.each(['bash', 'zsh', 'fish'])('completion prints a script for %s', async (shell) => {
    using project = createProject()
    const script = await project.sluice('completion', shell)
    expect(script).toMatchObject({ code: 0, stdout: expect.stringContaining('sluice') })
  })

  test('what such a script calls completes verbs and options', async () => {
    using project = createProject()
    expect((await project.sluice('complete', '--', 'deployments', 'r')).stdout).toMatch(/^run\b/m)
    expect((await project.sluice('complete', '--', 'runs', 'ls', '--st')).stdout).toContain('--state')
  })
})

interface Verb {
  readonly commands: readonly Verb[]
  name(): string
  description(): string
}

function leaves(verb: Verb): readonly Verb[] {
  return verb.commands.length === 0 ? [verb] : verb.commands.flatMap(leaves)
}

function json(end: Ended): Record<string, unknown> {
  return parse(end.stdout, end)
}

function errorOf(end: Ended): unknown {
  return parse(end.stderr, end)['error']
}

function parse(text: string, end: Ended): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    throw new Error(`not JSON: ${end.stdout}\n${end.stderr}`)
  }
}
