import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import type { RunMessage, StreamedEvent } from '../services.ts'
import { newId, rootEntry, type ServicesHarness, site } from './harness.testsupport.ts'

async function take<T>(messages: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  for await (const message of messages) if (taken.push(message) === count) break
  return taken
}

export function eventsSuite(harness: ServicesHarness): void {
  const names = (events: readonly StreamedEvent[]): readonly string[] => events.map(({ event }) => event.name)

  describe('events', () => {
    test('come in order to everybody who follows, from now on', async () => {
      await using here = await site(harness)
      const { events } = (await here.open()).services
      const { signal } = new AbortController()
      await events.emit({ name: 'before' }, 'tester')
      const followers = [1, 2].map(() => take(events.stream({}, undefined, signal), 3))
      const alone = take(events.stream({ name: 'b.' }, undefined, signal), 1)
      await settleTurns(50)
      await new Promise((resolve) => setTimeout(resolve, 50))
      for (const name of ['a', 'b.x', 'c']) await events.emit({ name }, 'tester')
      expect((await Promise.all(followers)).map(names)).toEqual([
        ['a', 'b.x', 'c'],
        ['a', 'b.x', 'c'],
      ])
      expect(names(await alone)).toEqual(['b.x'])
    })

    test('are neither skipped nor doubled by a stream that is taken up again', async () => {
      await using here = await site(harness)
      const { events } = (await here.open()).services
      const { signal } = new AbortController()
      for (let number = 0; number < 25; number++) await events.emit({ name: `n.${number}` }, 'tester')
      const seen: string[] = []
      let cursor = '0'
      while (seen.length < 25) {
        const some = await take(
          events.stream({ name: 'n.' }, cursor, signal),
          4 + (seen.length % 3) - (seen.length > 20 ? 3 : 0),
        )
        seen.push(...names(some))
        cursor = some.at(-1)?.cursor ?? cursor
      }
      expect(seen).toEqual(Array.from({ length: 25 }, (_, number) => `n.${number}`))
    })

    test('are stored once under one id, and never under a name of Sluice', async () => {
      await using here = await site(harness)
      const { services, store } = await here.open()
      const id = newId()
      await services.events.emit({ name: 'paid', id }, 'tester')
      await services.events.emit({ name: 'paid', id }, 'tester')
      expect((await store.listEvents({ limit: 10 })).items).toHaveLength(1)
      await expect(services.events.emit({ name: 'run.completed' }, 'eve')).rejects.toMatchObject({
        code: 'OPTION_INVALID',
      })
    })

    test('a cursor that no stream gave out is refused', async () => {
      await using here = await site(harness)
      const { services } = await here.open()
      const run = await services.runs.create({ entrypoint: 'f.ts:f' }, 'tester')
      const { signal } = new AbortController()
      await expect(take(services.events.stream({}, 'x', signal), 1)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
      await expect(take(services.events.streamRun(run.run.id, '1.2', signal), 1)).rejects.toMatchObject({
        code: 'OPTION_INVALID',
      })
      await expect(take(services.events.streamRun(newId(), undefined, signal), 1)).rejects.toMatchObject({
        code: 'RUN_NOT_FOUND',
      })
    })

    test('streams end when their caller is gone and when the server stops', async () => {
      await using here = await site(harness)
      const { services } = await here.open()
      const gone = new AbortController()
      const lost = take(services.events.stream({}, '0', gone.signal), 1)
      const last = take(services.events.stream({}, '0', new AbortController().signal), 1)
      await settleTurns()
      gone.abort()
      expect(await lost).toEqual([])
      await services.stop()
      expect(await last).toEqual([])
    })
  })

  describe('the stream of a run', () => {
    const told = (message: RunMessage): string => {
      if (message.event === 'state' || message.event === 'end') return `${message.event} ${message.state.name}`
      return message.event === 'log' ? `log ${message.log.message}` : message.event
    }

    test('tells its states and log lines while they come, and then its end', async () => {
      await using here = await site(harness)
      const server = await here.open()
      const { run } = await server.claimed(await server.worker())
      const { signal } = new AbortController()
      const following = take(server.services.events.streamRun(run.id, undefined, signal), 1_000)
      await server.append(run, rootEntry(run, 'Running'))
      const line = { rootId: run.id, runId: run.id, taskRunId: null, at: run.createdAt, level: 30, fields: null }
      await server.store.appendLogs([{ ...line, message: 'hello' }])
      await server.append(run, rootEntry(run, 'Completed'))
      const messages = (await following).map(told)
      expect(messages.filter((message) => message.startsWith('state'))).toEqual([
        'state Scheduled',
        'state Pending',
        'state Running',
        'state Completed',
      ])
      expect(messages).toContain('log hello')
      expect(messages.at(-1)).toBe('end Completed')
    })

    test('tells everything that was written before the end, however much, before it tells the end', async () => {
      await using here = await site(harness)
      const server = await here.open()
      const { run } = await server.claimed(await server.worker())
      const line = { rootId: run.id, runId: run.id, taskRunId: null, at: run.createdAt, level: 30, fields: null }
      const lines = Array.from({ length: 1_200 }, (_, number) => Object.assign({ message: String(number) }, line))
      await server.store.appendLogs(lines)
      await server.append(run, rootEntry(run, 'Completed'))
      const { signal } = new AbortController()
      const messages = await take(server.services.events.streamRun(run.id, undefined, signal), 10_000)
      const logs = messages.map(told).filter((message) => message.startsWith('log'))
      expect(logs).toEqual(lines.map(({ message }) => `log ${message}`))
      expect(messages.at(-1)?.event).toBe('end')
    })

    test('is taken up again at any message without skipping or doubling one', async () => {
      await using here = await site(harness)
      const server = await here.open()
      const { run } = await server.claimed(await server.worker())
      const line = { rootId: run.id, runId: run.id, taskRunId: null, at: run.createdAt, level: 30, fields: null }
      for (let number = 0; number < 5; number++) await server.store.appendLogs([{ ...line, message: String(number) }])
      await server.append(run, rootEntry(run, 'Running'), rootEntry(run, 'Failed'))
      const { signal } = new AbortController()
      const whole = await take(server.services.events.streamRun(run.id, undefined, signal), 1_000)
      for (let index = 0; index < whole.length - 1; index++) {
        const rest = await take(server.services.events.streamRun(run.id, whole[index]?.cursor, signal), 1_000)
        expect(rest.map(told)).toEqual(whole.slice(index + 1).map(told))
      }
    })
  })
}
