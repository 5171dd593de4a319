import { toProblem } from '@sluice/api'
import { journalLinkPath } from '@sluice/api/client'
import { SluiceError } from '@sluice/core'
import { FakeClock } from '@sluice/testing'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { type JournalLink, openJournalLink } from './journal-link.ts'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0).toReversed()) close()
})

const fine = { cancelling: false }
const batches = [{ token: 't', batch: { rootId: 'r', epoch: 1, first: 1, entries: [] } }] as never

interface Peer {
  readonly link: JournalLink
  /** The server's end. */
  readonly socket: WebSocket
  readonly heard: { readonly id: number }[]
  readonly clock: FakeClock
}

async function connected(): Promise<Peer> {
  const http = createServer()
  const server = new WebSocketServer({ server: http, path: journalLinkPath })
  open.push(
    () => void http.close(),
    () => server.close(),
    () => http.closeAllConnections(),
  )
  const arrived = once(server, 'connection')
  const clock = new FakeClock()
  const link = await openJournalLink(await listen(http), 'slr_token', clock)
  open.push(() => link[Symbol.dispose]())
  const [socket] = (await arrived) as [WebSocket]
  const heard: { id: number }[] = []
  socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString()) as { id: number }))
  return { link, socket, heard, clock }
}

async function listen(http: Server): Promise<string> {
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

const code = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'resolved',
    (error: unknown) => (error as SluiceError).code,
  )

test('answers find those who asked, in whatever order they come', async () => {
  const { link, socket, heard } = await connected()
  const [first, second] = [link.send(batches, 1_000), link.send(batches, 1_000)]
  await expect.poll(() => heard.length).toBe(2)
  socket.send(JSON.stringify({ id: heard[1]?.id, verdicts: [fine] }))
  expect(await second).toEqual({ verdicts: [fine] })
  socket.send(JSON.stringify({ id: heard[1]?.id, verdicts: [fine] }))
  socket.send(JSON.stringify({ id: heard[0]?.id, problem: toProblem(new SluiceError('BODY_TOO_LARGE')) }))
  expect(await code(first)).toBe('BODY_TOO_LARGE')
  expect(link.isOpen).toBe(true)
})

test('whoever waits when the connection is lost learns that nobody knows', async () => {
  const { link, socket, heard } = await connected()
  const asked = code(link.send(batches, 1_000))
  await expect.poll(() => heard.length).toBe(1)
  socket.terminate()
  expect(await asked).toBe('SERVER_UNREACHABLE')
  expect(link.isOpen).toBe(false)
  expect(await code(link.send(batches, 1_000))).toBe('SERVER_UNREACHABLE')
})

test('a server that does not answer in time is given up, with everything that was asked of it', async () => {
  const { link, heard, clock } = await connected()
  const asked = [code(link.send(batches, 1_000)), code(link.send(batches, 9_000))]
  await expect.poll(() => heard.length).toBe(2)
  await clock.advance(1_000)
  expect(await Promise.all(asked)).toEqual(['SERVER_TIMEOUT', 'SERVER_TIMEOUT'])
  expect(link.isOpen).toBe(false)
  expect(clock.waiting).toEqual([])
})

test.each([
  ['no JSON', '{'],
  ['a list', '[]'],
  ['nothing', 'null'],
])('an answer that is %s ends the connection', async (_, text) => {
  const { link, socket, heard } = await connected()
  const asked = code(link.send(batches, 1_000))
  await expect.poll(() => heard.length).toBe(1)
  socket.send(text)
  expect(await asked).toBe('SERVER_ANSWER_INVALID')
  expect(link.isOpen).toBe(false)
})

test('a server that has no such connection refuses it', async () => {
  const http = createServer((_, response) => response.writeHead(404).end())
  open.push(() => void http.close())
  expect(await code(openJournalLink(await listen(http), 't'))).toBe('SERVER_UNREACHABLE')
  expect(await code(openJournalLink('http://127.0.0.1:1', 't'))).toBe('SERVER_UNREACHABLE')
})
