import { runningServer, serverFiles, serversDir } from '@sluice/api/node'
import { testHome } from '@sluice/testing'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { openLocalClient } from './local-client.ts'
import { silentLog } from './log.ts'
import { readHomeToken } from './http/auth/home-token.ts'
import { type ServerOptions, startServer } from './start-server.ts'

const quiet: ServerOptions = { port: 0, log: silentLog }

describe('starting a server', () => {
  test('listens on loopback, says where in its home, and stops twice as once', async () => {
    await using home = await testHome()
    const server = await startServer({ ...quiet, openedHome: home })
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(runningServer(home.dir)).toMatchObject({ url: server.url, pid: process.pid, store: 'sqlite' })
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
    expect((await fetch(`${server.url}/ready`)).status).toBe(200)
    await Promise.all([server.stop(), server.stop()])
    expect(serverFiles(home.dir)).toEqual([])
    await expect(fetch(`${server.url}/health`)).rejects.toThrow()
  })

  test('warns once of a token that other users can read', async () => {
    await using home = await testHome()
    const warnings: string[] = []
    const log = { ...silentLog, warn: (message: string) => void warnings.push(message) }
    await (await startServer({ ...quiet, log, openedHome: home })).stop()
    expect(warnings).toEqual([])
    chmodSync(path.join(home.dir, 'token'), 0o644)
    await (await startServer({ ...quiet, log, openedHome: home })).stop()
    expect(warnings).toEqual([expect.stringContaining('chmod 600')])
  })

  test('refuses a port that is taken, or takes the next one when told so', async () => {
    await using first = await testHome()
    await using second = await testHome()
    await using taken = await startServer({ ...quiet, openedHome: first })
    const port = Number(new URL(taken.url).port)
    await expect(startServer({ ...quiet, port, openedHome: second })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    await using next = await startServer({ ...quiet, port, nextFreePort: true, openedHome: second })
    expect(Number(new URL(next.url).port)).toBeGreaterThan(port)
  })

  test('refuses an address that is not of this machine', async () => {
    await using home = await testHome()
    await expect(startServer({ ...quiet, host: '203.0.113.7', openedHome: home })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      details: { option: 'host' },
    })
  })

  test('is found in its home beside another, whichever of the two stops', async () => {
    await using home = await testHome()
    await using first = await startServer({ ...quiet, openedHome: home })
    const second = await startServer({ ...quiet, openedHome: home })
    expect(serverFiles(home.dir).map(({ server }) => server.url)).toContain(first.url)
    await second.stop()
    expect(runningServer(home.dir)).toMatchObject({ url: first.url })
  })

  test('removes what servers left in its home that died, and nothing of another machine', async () => {
    await using home = await testHome()
    mkdirSync(serversDir(home.dir))
    const left = { url: 'http://127.0.0.1:1', pid: 2 ** 30, startedAt: '2026-01-01T00:00:00.000Z', store: 'sqlite' }
    for (const host of [hostname(), 'another'])
      writeFileSync(path.join(serversDir(home.dir), `${host}.json`), JSON.stringify({ ...left, host }))
    await using server = await startServer({ ...quiet, openedHome: home })
    expect(serverFiles(home.dir).map((each) => each.server.url)).toEqual([server.url, left.url])
  })

  test('ends the streams that somebody follows, and does not wait for them', async () => {
    await using home = await testHome()
    const server = await startServer({ ...quiet, openedHome: home })
    const headers = { authorization: `Bearer ${readHomeToken(home.dir)}` }
    const stream = await fetch(`${server.url}/api/events/stream`, { headers })
    expect(stream.status).toBe(200)
    const followed = stream.text()
    await server.stop()
    expect(await followed).not.toContain('event:')
  })
})

test('the same API answers over a home without a server, and leaves the home open', async () => {
  await using home = await testHome()
  await using local = await openLocalClient(home)
  const made = await local.client.createRun({ body: { entrypoint: 'f.ts:f' } })
  expect((await local.client.listRuns({ query: {} })).items).toMatchObject([{ id: made.id }])
  await local[Symbol.asyncDispose]()
  expect(await home.store.getRun(made.id)).toMatchObject({ id: made.id })
})
