import { type ErrorCode, SluiceError } from '@sluice/core'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, test } from 'vitest'
import { createNodeClient } from '../node/create-node-client.ts'
import { toProblem } from '../problem.ts'
import type { Client } from './client.ts'
import { type ClientOptions, createClient } from './create-client.ts'

const id = '01890000-0000-7000-8000-000000000001'
const open: (() => unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server of one handler, and what it was asked. */
async function serve(handle: (seen: Seen, response: ServerResponse, nth: number) => void) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() }
      handle(one, response, seen.push(one))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

function json(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(JSON.stringify(body))
}

const problem = (response: ServerResponse, code: ErrorCode, details = {}): void => {
  const told = toProblem(new SluiceError(code, details))
  json(response, told.status, told, 'application/problem+json')
}

/** Pauses that end at once, and how long they would have been. */
function instant() {
  const pauses: number[] = []
  return {
    pauses,
    platform: {
      random: () => 1,
      after(ms: number, fn: () => void) {
        if (ms >= 45_000) return () => undefined
        pauses.push(ms)
        queueMicrotask(fn)
        return () => undefined
      },
    },
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = []
  for await (const item of items) got.push(item)
  return got
}

describe.each([
  ['over fetch', createClient],
  ['over connections that stay open', createNodeClient],
] as const)('a client %s', (_, create) => {
  function connect(url: string, options: Partial<ClientOptions> = {}): Client {
    const client = create({ url, token: 'secret', ...options })
    open.push(() => client[Symbol.asyncDispose]())
    return client
  }

  test('puts parameters, lists and bodies where the contract has them', async () => {
    const { url, seen } = await serve((_request, response) => json(response, 200, { items: [], next: null }))
    const client = connect(`${url}/`)
    await client.listRuns({ query: { state: ['failed', 'crashed'], flow: 'a b&c', limit: 5 } })
    await client.getDeployment({ params: { deployment: 'etl/daily run' } })
    await client.createRun({ body: { deployment: 'etl/daily', parameters: { months: [1] } } })
    expect(seen.map(({ method, url: path, body }) => [method, path, body])).toStrictEqual([
      ['GET', '/api/runs?state=failed&state=crashed&flow=a+b%26c&limit=5', ''],
      ['GET', '/api/deployments/etl%2Fdaily%20run', ''],
      ['POST', '/api/runs', '{"deployment":"etl/daily","parameters":{"months":[1]}}'],
    ])
    expect(seen[2]?.headers).toMatchObject({
      authorization: 'Bearer secret',
      'content-type': 'application/json',
      'sluice-protocol': '1',
    })
    expect(seen[0]?.headers['content-type']).toBeUndefined()
  })

  test('gives answers as they are: values, bytes, pages, nothing', async () => {
    const { url } = await serve(({ url: path }, response) => {
      if (path === '/api/version') json(response, 200, { version: '1' })
      else if (path === '/api/docs') response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')
      else if (path?.includes('results'))
        response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.from([0, 255]))
      else response.writeHead(204).end()
    })
    const client = connect(url)
    expect(await client.version()).toStrictEqual({ version: '1' })
    expect(await client.docs()).toBe('<p>')
    expect([...(await client.getResult({ params: { run: id, ref: 'r' } }))]).toStrictEqual([0, 255])
    expect(await client.deleteLimit({ params: { limit: 'db' } })).toBeUndefined()
  })

  test('throws the very error that was raised in the server', async () => {
    const { url } = await serve((_request, response) => problem(response, 'RUN_NOT_FOUND', { run: id }))
    const error = await connect(url)
      .getRun({ params: { run: id } })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SluiceError)
    expect(error).toMatchObject({ code: 'RUN_NOT_FOUND', details: { run: id } })
    expect(String(error)).toBe(String(new SluiceError('RUN_NOT_FOUND', { run: id })))
  })

  test("tells an answer that is not a server's by its address and status", async () => {
    const { url } = await serve(({ url: path }, response) => {
      if (path === '/api/version') response.writeHead(418, { 'content-type': 'text/html' }).end('<h1>Tea</h1>')
      else response.writeHead(200, { 'content-type': 'application/json' }).end('{')
    })
    const client = connect(url)
    await expect(client.version()).rejects.toMatchObject({
      code: 'SERVER_ANSWER_INVALID',
      details: { url, problem: 'its status is 418' },
    })
    await expect(client.listPools()).rejects.toMatchObject({ code: 'SERVER_ANSWER_INVALID' })
  })

  test('takes a gateway without a server behind it for a server that is away', async () => {
    const { url } = await serve((_request, response) => response.writeHead(502).end('<h1>Bad Gateway</h1>'))
    await expect(connect(url).version()).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      details: { url, reason: 'what stands before it answers 502' },
    })
  })

  test('says that nobody listens, and where', async () => {
    const { url } = await serve(() => undefined)
    await open.pop()?.()
    await expect(connect(url).version()).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      details: { url, reason: expect.stringContaining('ECONNREFUSED') },
    })
  })

  test('gives up after its timeout, and at once when the caller does', async () => {
    const { url, seen } = await serve(() => undefined)
    const client = connect(url)
    await expect(client.version({ timeoutMs: 20 / 3 })).rejects.toMatchObject({ code: 'SERVER_TIMEOUT' })
    const caller = new AbortController()
    const call = client.listPools({ signal: caller.signal })
    await expect.poll(() => seen.length).toBe(2)
    caller.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    await expect(client.listPools({ signal: caller.signal })).rejects.toThrow('enough')
  })

  test('makes calls that may be made twice again, with growing pauses', async () => {
    const { url, seen } = await serve((_request, response, nth) => {
      if (nth === 1) response.destroy()
      else if (nth === 2) problem(response, 'SERVER_STOPPING')
      else json(response, 200, { runs: [] })
    })
    const { pauses, platform } = instant()
    const client = connect(url, { retry: { times: 3 }, platform })
    await client.claimRuns({ params: { worker: id }, body: { requestId: id, max: 1, waitMs: 0 } })
    expect(seen).toHaveLength(3)
    expect(pauses).toStrictEqual([200, 400])
  })

  test('never sends a call twice that could then be done twice, nor one that was refused', async () => {
    const { url, seen } = await serve(({ url: path }, response) => {
      if (path === '/api/runs') response.destroy()
      else problem(response, 'POOL_NOT_FOUND', { pool: 'p' })
    })
    const client = connect(url, { retry: { times: 3 }, platform: instant().platform })
    await expect(client.createRun({ body: {} })).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' })
    await expect(client.getPool({ params: { pool: 'p' } })).rejects.toMatchObject({ code: 'POOL_NOT_FOUND' })
    expect(seen).toHaveLength(2)
    await expect(client.createRun({ body: { idempotencyKey: 'k' } })).rejects.toThrow()
    expect(seen).toHaveLength(6)
  })

  test('goes on with a stream where it broke off, and ends after its end', async () => {
    const state = { type: 'running', name: 'Running' }
    const { url, seen } = await serve((_request, response, nth) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const say = (n: number, event: string) =>
        response.write(
          `id: ${n}\nevent: ${event}\ndata: {"runId":"${id}",\ndata: "state":${JSON.stringify(state)}}\n\n`,
        )
      if (nth === 1) {
        response.write(': hello\n\n')
        say(1, 'state')
        response.write('id: 2\n\n', () => response.destroy())
      } else {
        say(3, 'state')
        say(4, 'end')
      }
    })
    const client = connect(url, { platform: instant().platform })
    const got: unknown[] = []
    for await (const message of client.stream('streamRun', { params: { run: id } }))
      got.push([message.id, message.event])
    expect(got).toStrictEqual([
      ['1', 'state'],
      ['3', 'state'],
      ['4', 'end'],
    ])
    expect(seen.map(({ headers }) => headers['last-event-id'])).toStrictEqual([undefined, '2'])
  })

  test('a stream that is refused throws why; one that is aborted ends', async () => {
    const { url } = await serve(({ url: path }, response) => {
      if (path?.includes('runs')) problem(response, 'RUN_NOT_FOUND')
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n')
    })
    const client = connect(url)
    const refused = client.stream('streamRun', { params: { run: id } })
    await expect(all(refused)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
    const signal = AbortSignal.timeout(50)
    expect(await all(client.stream('streamEvents', { signal }))).toStrictEqual([])
  })
})

test('whoever only calls the API loads no schema', () => {
  const entry = new URL('index.ts', import.meta.url).href
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
    await import(${JSON.stringify(entry)})
    console.log(loaded.join('\\n'))`
  const args = ['--conditions=source', '--input-type=module', '-e', script]
  const loaded = execFileSync(process.execPath, args, { encoding: 'utf8' })
  expect(loaded).toContain('create-client.ts')
  expect(loaded).not.toContain('zod')
})
