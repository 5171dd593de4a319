import { backoff, type ErrorCode, isSluiceError } from '@sluice/core'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { definitionOf } from './registry.ts'
import { errorOf, openWorld } from '../harness.testsuite.ts'
import { definedFlows, entrypointOf, flow, run, type StandardSchema, startRun, task, whileImporting } from '../index.ts'

const fn = (n: number): number => n
/** What a JavaScript user, or a wrong cast, can pass. */
const untyped = (options: object): never => options as never

function codeOf(define: () => unknown): readonly [ErrorCode, string] | undefined {
  try {
    define()
  } catch (error) {
    if (isSluiceError(error)) return [error.code, error.message]
    throw error
  }
  return undefined
}

test.each<[object, ...RegExp[]]>([
  [{ retrys: 3 }, /'retrys' of task 'fetch'|retrys.*task fetch/, /did you mean 'retries'/],
  [{ retry_delay: 3 }, /retry_delay/, /did you mean 'retryDelay'/],
  [{ parameters: {} }, /parameters/, /not known/],
  [{ cache: { ttl: '1d', by_inputs: true } }, /by_inputs/, /cache/],
])('an unknown option of a task is refused, with the one that was meant: %o', (options, ...patterns) => {
  const [code, message] = codeOf(() => task(untyped({ name: 'fetch', ...options }), fn)) ?? []
  expect(code).toBe('OPTION_UNKNOWN')
  for (const pattern of patterns) expect(message).toMatch(pattern)
})

test('an unknown option of a flow is refused; options of tasks are unknown to flows', () => {
  expect(codeOf(() => flow(untyped({ name: 'f', onErrors: 'join' }), fn))?.[1]).toMatch(/did you mean 'onError'/)
  expect(codeOf(() => flow(untyped({ name: 'f', cache: {} }), fn))?.[0]).toBe('OPTION_UNKNOWN')
})

test.each([
  ['name', { name: '' }],
  ['name', { name: 'x'.repeat(201) }],
  ['name', { name: 7 }],
  ['retries', { retries: -1 }],
  ['retries', { retries: 1.5 }],
  ['retryDelay', { retryDelay: '5 parsecs' }],
  ['retryDelay', { retryDelay: [] }],
  ['retryJitter', { retryJitter: 2 }],
  ['retryIf', { retryIf: true }],
  ['version', { version: 2 }],
  ['tags', { tags: 'one' }],
  ['tags', { tags: [1] }],
  ['tags', { tags: ['x'.repeat(101)] }],
  ['tags', { tags: ['nul\u0000'] }],
  ['tags', { tags: ['half \ud800'] }],
  ['tags', { tags: Array.from({ length: 51 }, String) }],
  ['version', { version: 'v'.repeat(201) }],
  ['key', { key: 7 }],
  ['runName', { runName: 7 }],
  ['concurrency', { concurrency: 0 }],
  ['concurrency', { concurrency: 1.5 }],
  ['concurrency', { concurrency: { limit: 'x' } }],
  ['cache.by', { cache: { by: ['outputs'] } }],
  ['cache.key', { cache: { key: 'text' } }],
  ['cache', { cache: {}, persist: false }],
  ['onFailure', { onFailure: 'mail' }],
  ['onCrashed', { onCrashed: 1 }],
])('an invalid %s is refused when the task is defined: %o', (option, options) => {
  const [code, message] = codeOf(() => task(untyped({ name: 't', ...options }), fn)) ?? []
  expect(code).toBe('OPTION_INVALID')
  expect(message).toContain(option)
})

test.each([{ timeout: 'soon' }, { timeout: -1 }, { cache: { ttl: 'for ever' } }])(
  'an invalid duration is refused, and says whose it is: %o',
  (options) => {
    const [code, message] = codeOf(() => task(untyped({ name: 't', ...options }), fn)) ?? []
    expect(code).toBe('DURATION_INVALID')
    expect(message).toMatch(/is not a duration/)
  },
)

test.each([
  ['onError', { onError: 'explode' }],
  ['parameters', { parameters: { months: 'number' } }],
])('an invalid %s of a flow is refused', (option, options) => {
  const [code, message] = codeOf(() => flow(untyped({ name: 'f', ...options }), fn)) ?? []
  expect(code).toBe('OPTION_INVALID')
  expect(message).toContain(option)
})

test('a definition without a function is refused', () => {
  expect(codeOf(() => task(untyped({ name: 't' }), undefined as never))?.[0]).toBe('OPTION_INVALID')
  expect(codeOf(() => flow('name' as never, fn as never))?.[0]).toBe('OPTION_INVALID')
  expect(codeOf(() => task(null as never, fn))?.[0]).toBe('OPTION_INVALID')
})

test('defaults: no retries, no timeout, persisted, joined, nothing logged', () => {
  expect(definitionOf(task(fn))).toMatchObject({
    kind: 'task',
    name: 'fn',
    version: undefined,
    tags: [],
    policy: { retries: 0, delay: 0, jitter: 0 },
    timeoutMs: undefined,
    logPrints: false,
    persist: true,
    cache: undefined,
    concurrency: undefined,
    onError: 'join',
  })
  expect(definitionOf(task({ cache: {} }, fn))?.cache).toEqual({
    by: ['inputs'],
    key: undefined,
    ttlMs: undefined,
    refresh: false,
  })
  expect(definitionOf(task({ cache: { key: String } }, fn))?.cache?.by).toEqual([])
})

test('the name is the option, else that of the function, else what it is', () => {
  expect(task({ name: 'given' }, fn).name).toBe('given')
  expect(task(fn).name).toBe('fn')
  expect(task((n: number) => n).name).toBe('task')
  expect(flow(() => 1).name).toBe('flow')
  expect(flow(function nightly() {}).name).toBe('nightly')
})

test('.fn is the bare function and .options are the given ones', () => {
  const options = { name: 'o', retries: 2 }
  const made = task(options, fn)
  expect(made.fn).toBe(fn)
  expect(made.options).toBe(options)
  expect(flow({ name: 'f' }, fn).fn).toBe(fn)
})

test('.with() is another task with some options replaced; the first stays as it was', async () => {
  await using world = await openWorld()
  let tries = 0
  const fails = task({ name: 'fails', tags: ['a'], version: '1' }, () => {
    tries++
    throw new Error('no')
  })
  const stubborn = fails.with({ retries: 2, version: '2' })
  const body = flow({ name: 'f' }, async () => {
    await stubborn().settled()
    await fails().settled()
  })
  await world.process().start(body)
  expect(tries).toBe(4)
  expect((await world.tasks()).map((row) => [row.name, row.version, row.tags, row.attempt])).toEqual([
    ['fails', '2', ['a'], 3],
    ['fails', '1', ['a'], 1],
  ])
})

test('.with() of an anonymous task keeps its name, and of a flow its schema', async () => {
  expect(task((n: number) => n).with({ retries: 1 }).name).toBe('task')
  const never: StandardSchema = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'never' }] }) },
  }
  const strict = flow({ name: 'strict', parameters: never }, () => 1)
  await using world = await openWorld()
  expect((await errorOf(world.process().start(strict.with({ retries: 1 }), {}))).message).toContain('never')
})

test('names, tags, versions and run names are recorded', async () => {
  await using world = await openWorld()
  const named = task({ name: 'named', runName: (n: number) => `named-${n}`, tags: ['x', 'y'], version: 'v9' }, fn)
  const body = flow(
    {
      name: 'f',
      runName: (p: { day: string }) => `f of ${p.day}`,
      tags: ['nightly'],
      version: '3',
      description: 'what it does',
    },
    async (_given: { day: string }) => named(4),
  )
  await world.process().start(body, { day: 'monday' })
  expect(await world.run()).toMatchObject({
    name: 'f of monday',
    tags: ['nightly'],
    flowVersion: '3',
    description: 'what it does',
  })
  expect(await world.tasks()).toMatchObject([{ name: 'named', runName: 'named-4', tags: ['x', 'y'], version: 'v9' }])
})

test('the version is part of the identity of a call: another version runs again', async () => {
  await using world = await openWorld()
  const versions: string[] = []
  const step = (version: string) => task({ name: 'step', version }, () => void versions.push(version))
  let version = '1'
  const body = flow({ name: 'f' }, async () => {
    await step(version)()
    throw new Error('again')
  })
  await errorOf(world.process().start(body))
  await errorOf(world.process().goOn(body, 'retry'))
  version = '2'
  await errorOf(world.process().goOn(body, 'retry'))
  expect(versions).toEqual(['1', '2'])
})

test('a flow knows the file that defines it, so that its run can be found again', async () => {
  await using world = await openWorld()
  const file = path.join(world.home.project, 'flows.mjs')
  await writeFile(file, "export const define = (flow) => flow({ name: 'findable' }, () => 1)")
  const { define } = (await import(pathToFileURL(file).href)) as { define: (make: unknown) => () => unknown }
  const found = define(flow)
  expect(entrypointOf(found, world.home.project)).toBe('flows.mjs:findable')
  expect(definedFlows()).toContain(found)
})

test('a run that a file starts while it is only imported is refused', async () => {
  const started = flow({ name: 'at import' }, () => 1)
  const [code, message] = await whileImporting(async () => codeOf(() => started()) ?? [])
  expect(code).toBe('RUN_DURING_IMPORT')
  expect(message).toContain('import.meta.main')
})

test('what is not a flow cannot be run', async () => {
  await using world = await openWorld()
  expect(codeOf(() => startRun(fn as never, {}, { home: world.home }))?.[0]).toBe('FLOW_NOT_FOUND')
  expect(codeOf(() => startRun(task(fn) as never, {}, { home: world.home }))?.[0]).toBe('FLOW_NOT_FOUND')
})

test.each(['id', 'taskRunId', 'name', 'attempt', 'key', 'parameters', 'signal', 'log', 'now', 'artifact'] as const)(
  'run.%s outside a run says so',
  (property) => {
    expect(codeOf(() => run[property])?.[0]).toBe('OUTSIDE_RUN')
    expect(codeOf(() => run.random())?.[0]).toBe('OUTSIDE_RUN')
    expect(codeOf(() => run.progress(1))?.[0]).toBe('OUTSIDE_RUN')
  },
)

test('backoff is a delay', () => {
  expect(definitionOf(task({ retries: 2, retryDelay: backoff({ initial: '2s' }) }, fn))?.policy.delay).toMatchObject({
    kind: 'backoff',
    initial: '2s',
  })
})
