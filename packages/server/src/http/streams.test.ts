import { createClient } from '@sluice/api/client'
import { expect, test } from 'vitest'
import type { RunMessage } from '../services.ts'
import { testClock } from '../testing/test-clock.testsupport.ts'
import { run } from './request.testsupport.ts'
import { testApp } from './test-app.testsupport.ts'

test('large results are kept under their hash and nothing else', async () => {
  await using server = await testApp()
  const { id } = await server.client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } })
  const engine = server.clientOf(server.runTokens.mint(id, 1))
  const { contentHash } = await import('@sluice/core')
  const body = new TextEncoder().encode('x'.repeat(100_000))
  const params = { run: id, ref: contentHash(body) }
  await engine.putResult({ params, body })
  expect(await engine.getResult({ params })).toStrictEqual(body)
  const other = { params: { run: id, ref: '0'.repeat(64) }, body }
  await expect(engine.putResult(other)).rejects.toMatchObject({ code: 'RESULT_CORRUPT' })
  await expect(engine.getResult(other)).rejects.toMatchObject({ code: 'RESULT_MISSING' })
})

test('streams go on after the cursor, refuse by a problem document, and end when nobody listens', async () => {
  const asked: (string | undefined)[] = []
  const left = Promise.withResolvers<void>()
  const state = { type: 'completed', name: 'Completed', at: 1_000_000 } as const
  async function* streamRun(id: string, after: string | undefined, signal: AbortSignal): AsyncGenerator<RunMessage> {
    asked.push(after)
    if (after === '1') yield { cursor: '2', event: 'end', runId: id, state }
    yield { cursor: '1', event: 'state', runId: id, state }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    left.resolve()
  }
  await using server = await testApp({ events: { streamRun } })
  const url = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const client = createClient({ url, token: server.token })
  const { id } = await client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } })
  const params = { run: id }
  expect(await first(client.stream('streamRun', { params }))).toMatchObject({
    id: '1',
    event: 'state',
    data: { runId: id },
  })
  await left.promise
  expect(await first(client.stream('streamRun', { params, lastEventId: '1' }))).toMatchObject({ id: '2', event: 'end' })
  expect(asked).toStrictEqual([undefined, '1'])
  await expect(first(client.stream('streamRun', { params: { run } }))).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
})

test('a stream ends when its token is revoked', async () => {
  const clock = testClock()
  async function* streamRun(id: string, _: string | undefined, signal: AbortSignal): AsyncGenerator<RunMessage> {
    yield { cursor: '1', event: 'state', runId: id, state: { type: 'running', name: 'Running', at: 1_000_000 } }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  }
  await using server = await testApp({ events: { streamRun }, clock })
  const url = await server.app.listen({ host: '127.0.0.1', port: 0 })
  const { id } = await server.client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } })
  const { token, ...made } = await server.client.createToken({ body: { name: 'reader', scopes: ['read'] } })
  const client = createClient({ url, token })
  const messages = client.stream('streamRun', { params: { run: id } })[Symbol.asyncIterator]()
  expect(await messages.next()).toMatchObject({ value: { id: '1' } })
  const next = messages.next().catch((error: unknown) => error)
  await clock.advance(15_000)
  await server.client.revokeToken({ params: { token: made.id } })
  await clock.advance(15_000)
  expect(await next).toMatchObject({ code: 'UNAUTHENTICATED' })
})

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item
  return undefined
}
