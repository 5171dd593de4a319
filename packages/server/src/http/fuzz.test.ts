import { contract, type Operation, possibleProblems, problemSchema, statusOf } from '@sluice/api'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { broken, json, type Known, valid } from './schema-arbitrary.testsupport.ts'
import { testApp, type TestApp } from './test-app.testsupport.ts'

// A longer run: SLUICE_FUZZ_RUNS=100000; the same again: SLUICE_FUZZ_SEED.
const runs = Number(process.env['SLUICE_FUZZ_RUNS'] ?? 1_500)
const seed = Number(process.env['SLUICE_FUZZ_SEED'] ?? 20_261_121)
/** Nothing may hang: long polls are asked for less. */
const patienceMs = 10_000

// A stream has no end: streams have tests of their own.
const operations = (Object.values(contract) as readonly Operation[]).filter(({ content }) => content !== 'events')

interface Sent {
  readonly operationId: Operation['operationId']
  readonly params: Readonly<Record<string, unknown>>
  readonly query: unknown
  readonly body: unknown
  readonly token: 'home' | 'run' | 'wrong' | 'none'
  readonly type: string
}

/** Ids and names that something has, so that requests meet: filled by what the answers tell. */
class Names {
  readonly #known = new Map<string, unknown[]>([
    ['pool', ['default', 'p1', 'p2']],
    ['queue', ['default', 'q1']],
    ['queues', ['default', 'q1']],
    ['limit', ['l1', 'db']],
    ['variable', ['v1', 'v2']],
    ['kind', ['Secret', 'PostgresDatabase']],
    ['name', ['n1', 'n2']],
    ['flow', ['etl']],
    ['deployment', ['etl/n1', 'etl/n2']],
    ['schedule', ['s1']],
    ['slug', ['s1', 's2']],
    ['waitMs', [0, 1, 5]],
    ['idempotencyKey', ['k1', 'k2']],
    ['cron', ['*/5 * * * *', '5 * 1 0 *', '@daily']],
    ['timezone', ['UTC', 'Europe/Berlin', 'Mars/Olympus']],
    ['epoch', [1, 2]],
    ['protocol', [1, 2]],
    ['directory', ['a/b-0a1b2c3d', 'bronze/trips-0a1b2c3d', '../../etc']],
    ['transform', ['identity', 'day', 'bucket[4]', 'wrong']],
    ['branch', ['main', 'audit']],
    ['table', ['bronze.trips', 'bronze.none']],
    ['file', ['trips.ndjson', 'trips.csv']],
    ['sql', ['select 1 as n', 'select * from bronze.trips', 'drop table x']],
    ['version', ['main', 'audit', '2026-01-01']],
    ['timeoutMs', [60_000]],
  ])

  readonly of: Known = (name) => this.#known.get(name)

  /** Remembers ids by the words they are asked for with. */
  learn(operationId: string, body: unknown): void {
    if (typeof body !== 'object' || body === null || !('id' in body) || typeof body.id !== 'string') return
    const id = body.id
    if (/run$/i.test(operationId)) this.#add(['run', 'ids', 'rootId', 'runId'], id)
    if (operationId === 'createToken') this.#add(['token'], id)
  }

  add(name: string, value: unknown): void {
    this.#add([name], value)
  }

  #add(names: readonly string[], value: unknown): void {
    for (const name of names) {
      const values = this.#known.get(name) ?? []
      if (!values.includes(value)) this.#known.set(name, [...values, value].slice(-20))
    }
  }
}

function requestOf(operation: Operation, known: Known): fc.Arbitrary<Sent> {
  const right = (schema: Operation['body']) => (schema === undefined ? fc.constant(undefined) : valid(schema, known))
  const usually = (schema: Operation['body']) =>
    fc.oneof({ weight: 3, arbitrary: right(schema) }, { weight: 1, arbitrary: broken(right(schema)) })
  const own = operation.scope === 'runToken' ? 'run' : 'home'
  return fc.record({
    operationId: fc.constant(operation.operationId),
    params: right(operation.params).map((params) => (params ?? {}) as Record<string, unknown>),
    query: operation.query === undefined ? fc.constant(undefined) : usually(operation.query),
    body: operation.bytesBody === undefined ? usually(operation.body) : json,
    token: fc.oneof(
      { weight: 20, arbitrary: fc.constant(own) },
      { weight: 1, arbitrary: fc.constantFrom('home', 'run', 'wrong', 'none') },
    ),
    type: fc.oneof(
      { weight: 20, arbitrary: fc.constant('') },
      {
        weight: 1,
        arbitrary: fc.constantFrom('text/plain', 'application/json; charset=latin1', 'application/octet-stream'),
      },
    ),
  }) as fc.Arbitrary<Sent>
}

async function send(
  { app, token, runTokens }: TestApp,
  { operationId, params, query, body, token: which, type }: Sent,
) {
  const operation = contract[operationId] as Operation
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(wellFormed(params[name])),
  )
  const search = new URLSearchParams(
    Object.entries((query ?? {}) as Record<string, unknown>).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value])
        .filter((one) => one !== undefined)
        .map((one) => [name, typeof one === 'string' ? one : JSON.stringify(one)]),
    ),
  )
  const root = wellFormed(params['run'] ?? '00000000-0000-7000-8000-000000000000')
  const tokens = { home: token, run: runTokens.mint(root, 1), wrong: 'slt_wrong', none: '' }
  const bytes = operation.bytesBody !== undefined
  const keyed = operation.headers?.shape['idempotency-key'] !== undefined
  const contentType = type || (bytes ? 'application/octet-stream' : 'application/json')
  const sends = body !== undefined && operation.method !== 'GET'
  const answer = app.inject({
    method: operation.method,
    url: `${path}?${search.toString()}`,
    headers: {
      host: 'localhost',
      'sluice-protocol': '1',
      ...(which === 'none' ? {} : { authorization: `Bearer ${tokens[which]}` }),
      ...(sends ? { 'content-type': contentType } : {}),
      // A key of its own for each request that it says something else of, so that both happen: the first, and the same again.
      ...(keyed ? { 'idempotency-key': `k-${search.size}` } : {}),
    },
    ...(sends ? { payload: JSON.stringify(body) } : {}),
  })
  const late = new Promise<never>((_, reject) => {
    AbortSignal.timeout(patienceMs).addEventListener('abort', () => reject(new Error('no answer')))
  })
  return Promise.race([answer, late])
}

/** A lone surrogate has no place in a URL at all. */
const wellFormed = (value: unknown): string => String(value).toWellFormed()

test(`no request makes the server fail, hang, or answer outside the contract (seed ${seed}, ${runs} requests)`, async () => {
  await using server = await testApp()
  const names = new Names()
  const { client } = server
  for (const at of [undefined, '2199-01-01T00:00:00Z'])
    names.learn(
      'createRun',
      await client.createRun({ body: { entrypoint: 'etl.ts:etl', flow: 'etl', ...(at && { at }) } }),
    )
  const worker = server.home.settings.platform.newId()
  names.add('worker', worker)
  await client.registerWorker({
    params: { worker },
    body: { name: 'w', pool: 'default', host: 'h', pid: 1, version: '1', protocol: 1, mode: 'process', capacity: 10 },
  })
  const reached = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...operations).chain((operation) => requestOf(operation, names.of)),
      async (sent) => {
        const operation = contract[sent.operationId] as Operation
        const { operationId, responses } = operation
        const answer = await send(server, sent)
        const told = `${operationId} ${answer.statusCode} ${answer.payload.slice(0, 2_000)} ${JSON.stringify(server.logged.slice(-1))}`
        if (answer.statusCode < 400) {
          expect(Object.keys(responses).map(Number), told).toContain(answer.statusCode)
          reached.add(operationId)
          if (answer.payload !== '' && operation.content === undefined) names.learn(operationId, answer.json())
          return
        }
        expect(answer.statusCode, told).toBeLessThan(500)
        const problem = problemSchema.safeParse(answer.json())
        expect(problem.success, told).toBe(true)
        if (!problem.success) return
        expect(answer.statusCode).toBe(statusOf(problem.data.code))
        // A parameter that is empty, or a dot, makes another path.
        if (!['ROUTE_NOT_FOUND', 'METHOD_NOT_ALLOWED'].includes(problem.data.code))
          expect(possibleProblems(operation), told).toContain(problem.data.code)
      },
    ),
    { seed, numRuns: runs, endOnFailure: true },
  )
  // It got behind the validation: many operations were done at least once.
  if (runs >= 1_500) expect(reached.size).toBeGreaterThan(operations.length / 4)
}, 3_600_000)

test('bodies that are no JSON, no UTF-8, too large or poisoned are refused by name', async () => {
  await using server = await testApp()
  const bodies: readonly (readonly [Buffer, number, string])[] = [
    [Buffer.from('{'), 400, 'REQUEST_INVALID'],
    [Buffer.from(''), 400, 'REQUEST_INVALID'],
    [Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 400, 'REQUEST_INVALID'],
    [Buffer.from('{"__proto__":{"x":1}}'), 400, 'REQUEST_INVALID'],
    [Buffer.from('{"\\u005f_proto__":{"x":1}}'), 400, 'REQUEST_INVALID'],
    [Buffer.from('['.repeat(500_000)), 400, 'REQUEST_INVALID'],
    [Buffer.from(`{"value":${'['.repeat(300_000)}1${']'.repeat(300_000)}}`), 400, 'REQUEST_INVALID'],
    [Buffer.alloc(1_048_577, 0x20), 413, 'BODY_TOO_LARGE'],
  ]
  for (const [payload, status, code] of bodies) {
    const answer = await server.app.inject({
      method: 'PUT',
      url: '/api/variables/v',
      headers: { host: 'localhost', authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
      payload,
    })
    expect([answer.statusCode, answer.json().code], answer.payload).toStrictEqual([status, code])
  }
  expect(server.logged).toStrictEqual([])
})
