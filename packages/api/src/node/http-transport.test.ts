import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Incoming } from '../client/transport.ts'
import { httpTransport, type HttpTransport } from './http-transport.ts'

/** A server that counts its connections; `/never` gets no answer. */
async function countingServer(): Promise<{ readonly url: string; readonly connections: () => number }> {
  let connections = 0
  const server = createServer((request, response) => {
    if (request.url === '/never') return
    response.setHeader('content-type', 'application/json').end(JSON.stringify(request.url))
  })
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections }
}

function get({ send }: HttpTransport, url: string, timeoutMs = 5_000): Promise<Incoming> {
  return send({ method: 'GET', url, headers: {}, body: undefined, timeoutMs, signal: undefined })
}

test('the clients of a process share connections to a server, and the last one closes them', async () => {
  const { url, connections } = await countingServer()
  const [one, two] = [httpTransport(url), httpTransport(`${url}/`)]
  expect((await get(one, `${url}/a?b=c`)).text()).toBe('"/a?b=c"')
  one.close()
  one.close()
  expect((await get(two, `${url}/d`)).text()).toBe('"/d"')
  expect(connections()).toBe(1)
  two.close()
  const three = httpTransport(url)
  await get(three, url)
  expect(connections()).toBe(2)
  three.close()
})

test('a client that is closed ends its own calls and nobody else', async () => {
  const { url } = await countingServer()
  const [one, two] = [httpTransport(url), httpTransport(url)]
  const pending = get(one, `${url}/never`)
  one.close()
  await expect(pending).rejects.toThrow(expect.objectContaining({ code: 'SERVER_UNREACHABLE' }))
  expect((await get(two, `${url}/on`)).status).toBe(200)
  two.close()
})

test('a call that takes too long fails by its own time limit', async () => {
  const { url } = await countingServer()
  const one = httpTransport(url)
  await expect(get(one, `${url}/never`, 20)).rejects.toThrow(expect.objectContaining({ code: 'SERVER_TIMEOUT' }))
  one.close()
})
