import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { engineClient } from './engine-client.ts'

const run = '01890000-0000-7000-8000-000000000001'
const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

/** A server that gives one answer, and counts. */
async function serve(status: number, body: object): Promise<{ readonly url: string; count: number }> {
  const server = createServer((_, response) => {
    told.count++
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const told = { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, count: 0 }
  return told
}

test("what a gateway says in a server's place is left for the next server, too", async () => {
  const gateway = await serve(502, 'Bad Gateway' as unknown as object)
  const alive = await serve(200, { receipt: true })
  await using client = engineClient([gateway.url, alive.url], 'token')
  await expect(client.loadCheckpoints({ params: { run } })).rejects.toThrow()
  await client.loadCheckpoints({ params: { run } })
  expect([gateway.count, alive.count]).toEqual([1, 1])
})

test('a refusal is an answer: the same server is asked next', async () => {
  const fenced = await serve(409, { code: 'RUN_FENCED', title: '', status: 409, details: {} })
  const other = await serve(200, { receipt: true })
  await using client = engineClient([fenced.url, other.url], 'token')
  const call = () => client.loadCheckpoints({ params: { run } })
  await expect(call()).rejects.toMatchObject({ code: 'RUN_FENCED' })
  await expect(call()).rejects.toMatchObject({ code: 'RUN_FENCED' })
  expect([fenced.count, other.count]).toEqual([2, 0])
})

test('a call that a stopping server refuses fails, and the next one goes to another server', async () => {
  const stopping = await serve(503, { code: 'SERVER_STOPPING', title: '', status: 503, details: {} })
  const alive = await serve(200, { receipt: true })
  await using client = engineClient([stopping.url, alive.url], 'token')
  const call = () => client.loadCheckpoints({ params: { run } })
  await expect(call()).rejects.toMatchObject({ code: 'SERVER_STOPPING' })
  await call()
  await call()
  expect([stopping.count, alive.count]).toEqual([1, 2])
})
