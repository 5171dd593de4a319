import { journalLinkPath, protocolHeader } from '@sluice/api'
import { stateOf } from '@sluice/core'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { testApp, type TestApp } from './test-app.testsupport.ts'

const open: TestApp[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]()
})

interface Linked {
  readonly server: TestApp
  /** Of the run that the tokens are for. */
  readonly run: string
  readonly token: string
  readonly url: string
}

async function serve(): Promise<Linked> {
  const server = await testApp()
  open.push(server)
  await server.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.app.server.address() as AddressInfo
  const { id } = await server.client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } })
  return { server, run: id, token: server.runTokens.mint(id, 1), url: `http://127.0.0.1:${port}` }
}

function connect({ url, token }: Linked, options: ClientOptions = {}, path = journalLinkPath): WebSocket {
  const headers = { authorization: `Bearer ${token}`, [protocolHeader]: '1', ...options.headers }
  const link = new WebSocket(new URL(path, url), { ...options, headers })
  // Of one that was refused: `unexpected-response` told it.
  link.on('error', () => undefined)
  return link
}

async function linked(to: Linked): Promise<WebSocket> {
  const link = connect(to)
  await once(link, 'open')
  return link
}

const entry = { kind: 'root', state: stateOf('Running', 5), timeline: [] } as const
const message = ({ run, token }: Linked, id: number, first: number): string =>
  JSON.stringify({ id, batches: [{ token, batch: { rootId: run, epoch: 1, first, entries: [entry] } }] })

function answers(link: WebSocket, count: number): Promise<Record<string, unknown>[]> {
  const told: Record<string, unknown>[] = []
  return new Promise((resolve) =>
    link.on('message', (data: Buffer) => {
      told.push(JSON.parse(data.toString()) as Record<string, unknown>)
      if (told.length === count) resolve(told)
    }),
  )
}

test('each message is answered under its own id, as the request would be', async () => {
  const to = await serve()
  const link = await linked(to)
  const told = answers(link, 1)
  link.send(message(to, 7, 1))
  expect(await told).toEqual([{ id: 7, verdicts: [{ cancelling: false }] }])
  const next = answers(link, 1)
  link.send(message(to, 8, 9))
  expect(await next).toMatchObject([{ id: 8, verdicts: [{ problem: { code: 'JOURNAL_GAP' } }] }])
  expect((await to.server.home.store.getRun(to.run))?.journalSeq).toBe(1)
})

test.each([
  ['without a token', { headers: { authorization: '' } }, 401],
  ['with a token of the wrong kind', {}, 403],
  ['of another protocol', { headers: { [protocolHeader]: '7' } }, 426],
  ['from a web page of elsewhere', { headers: { origin: 'https://elsewhere.example' } }, 403],
] as const)('a connection %s is refused with a problem document', async (what, options, status) => {
  const to = await serve()
  const token = what === 'with a token of the wrong kind' ? to.server.token : to.token
  const link = connect({ ...to, token }, options)
  const [, answer] = (await once(link, 'unexpected-response')) as [
    unknown,
    { statusCode: number; headers: Record<string, string> },
  ]
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([status, 'application/problem+json'])
  link.terminate()
})

test('there is no other connection that stays open', async () => {
  const link = connect(await serve(), {}, '/api/runs')
  const [, answer] = (await once(link, 'unexpected-response')) as [unknown, { statusCode: number }]
  expect(answer.statusCode).toBe(404)
  link.terminate()
})

test.each([
  ['no JSON', '{', -1],
  ['a name of an object prototype', '{"__proto__":1}', -1],
  ['unknown fields', JSON.stringify({ id: 4, batches: [], more: 1 }), -1],
  ['no batch', JSON.stringify({ id: 4, batches: [] }), -1],
])('a message with %s is refused, and the connection goes on', async (_, text, id) => {
  const to = await serve()
  const link = await linked(to)
  const refused = answers(link, 1)
  link.send(text)
  expect(await refused).toMatchObject([{ id, problem: { code: 'REQUEST_INVALID' } }])
  const told = answers(link, 1)
  link.send(message(to, 5, 1))
  expect(await told).toEqual([{ id: 5, verdicts: [{ cancelling: false }] }])
})

test('a message that is larger than a request may be ends the connection, and nothing else', async () => {
  const to = await serve()
  const link = await linked(to)
  link.send(Buffer.alloc(16 * 1_048_576 + 1, ' '))
  await once(link, 'close')
  const other = await linked(to)
  const told = answers(other, 1)
  other.send(message(to, 1, 1))
  expect(await told).toMatchObject([{ id: 1, verdicts: [{ cancelling: false }] }])
})

test('many messages at once are all answered, whatever their number', async () => {
  const to = await serve()
  const link = await linked(to)
  const told = answers(link, 50)
  for (let id = 1; id <= 50; id++) link.send(message(to, id, 99))
  expect(new Set((await told).map(({ id }) => id)).size).toBe(50)
})

test('a server that stops answers what it has taken, says goodbye, and opens no more', async () => {
  const to = await serve()
  const link = await linked(to)
  const told = answers(link, 1)
  const closed = once(link, 'close')
  link.send(message(to, 1, 1))
  expect(await told).toHaveLength(1)
  await to.server.app.close()
  expect((await closed)[0]).toBe(1001)
  const late = connect(to)
  await once(late, 'error')
})
