import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { platform } from '../platform.ts'
import type { Store } from '../store.ts'
import { inProcesses } from '../suites/processes.testsuite.ts'
import { lendDatabase } from './postgres-harness.testsuite.ts'

/** What everybody on the channel hears. */
async function channelOf(
  target: string,
): Promise<{ heard: string[]; until(count: number): Promise<void> } & AsyncDisposable> {
  const client = new Client({ connectionString: target })
  await client.connect()
  const heard: string[] = []
  client.on('notification', ({ payload }) => void heard.push(payload ?? ''))
  await client.query('listen sluice')
  return {
    heard,
    until: async (count) => {
      while (heard.length < count) await client.query('select 1')
    },
    [Symbol.asyncDispose]: () => client.end(),
  }
}

const topicsIn = (payload: string): string[] => (JSON.parse(payload) as string[]).slice(1)

/** Sends until the other one hears: it may not listen yet. */
async function heardBy(sender: Store, listener: Store, topic: string): Promise<readonly string[]> {
  const heard: string[] = []
  const end = listener.signals.subscribe((topics) => void heard.push(...topics))
  while (!heard.includes(topic) && !heard.includes('*')) {
    sender.signals.send([topic])
    await sender.getSetting('nothing')
  }
  end()
  return [...new Set(heard)]
}

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('signals on PostgreSQL', () => {
  test('the first goes out at once, those that come within the pause go together, each once', async () => {
    await using database = await lendDatabase()
    const pauses: (() => void)[] = []
    const later = (_ms: number, work: () => void): (() => void) => {
      pauses.push(work)
      return () => undefined
    }
    await using store = await database.open({ platform: { ...platform, later } })
    await using channel = await channelOf(database.target)
    store.signals.send(['a'])
    store.signals.send(['b', 'c'])
    store.signals.send(['b'])
    await channel.until(1)
    expect(channel.heard.map(topicsIn)).toEqual([['a']])
    pauses.shift()?.()
    await channel.until(2)
    expect(channel.heard.map(topicsIn)).toEqual([['a'], ['b', 'c']])
    pauses.shift()?.()
    store.signals.send(['d'])
    await channel.until(3)
    expect(channel.heard.map(topicsIn).at(-1)).toEqual(['d'])
  })

  test('what does not fit is told as anything', async () => {
    await using database = await lendDatabase()
    await using store = await database.open()
    await using channel = await channelOf(database.target)
    store.signals.send(Array.from({ length: 900 }, (_, index) => `run:${index}`))
    await channel.until(1)
    expect(channel.heard.map(topicsIn)).toEqual([['*']])
  })

  test('what still waits goes out when the store is closed', async () => {
    await using database = await lendDatabase()
    const store = await database.open()
    await using channel = await channelOf(database.target)
    store.signals.send(['first'])
    store.signals.send(['last'])
    await store.close()
    await channel.until(2)
    expect(channel.heard.map(topicsIn)).toEqual([['first'], ['last']])
  })

  test('a listener hears again after its connection broke, and is told that it may have missed something', async () => {
    await using database = await lendDatabase()
    await using store = await database.open()
    await using other = await database.open()
    await heardBy(store, other, 'a')
    const heard: string[] = []
    const end = other.signals.subscribe((topics) => void heard.push(...topics))
    await database.execute(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
       where datname = current_database() and query = 'listen sluice' and application_name = 'sluice'`,
    )
    while (!heard.includes('*')) await store.getSetting('nothing')
    expect(await heardBy(store, other, 'b')).toEqual(['b'])
    end()
  })

  test('a process does not hear its own topics a second time from the database', async () => {
    await using database = await lendDatabase()
    await using store = await database.open()
    await using other = await database.open()
    await heardBy(other, store, 'a')
    const heard: string[] = []
    const end = store.signals.subscribe((topics) => void heard.push(...topics))
    store.signals.send(['own'])
    while (!heard.includes('theirs')) {
      other.signals.send(['theirs'])
      await store.getSetting('nothing')
    }
    expect(heard.filter((topic) => topic === 'own')).toHaveLength(1)
    end()
  })

  test('what another program sends on the channel is a hint too, and never an error', async () => {
    await using database = await lendDatabase()
    await using store = await database.open()
    await using other = await database.open()
    await heardBy(store, other, 'a')
    const heard: string[] = []
    // The last of what was sent to find the listener may still be on its way.
    const end = other.signals.subscribe((topics) => void heard.push(...topics.filter((topic) => topic !== 'a')))
    await database.execute(`select pg_notify('sluice', 'hello'); select pg_notify('sluice', '[1, {}]')`)
    while (heard.length < 2) await store.getSetting('nothing')
    expect(new Set(heard)).toEqual(new Set(['*']))
    end()
  })

  test('who listens does not keep the process alive', async () => {
    await using database = await lendDatabase()
    expect(await inProcesses(1, 'listen-and-end.testsuite.ts', [database.target])).toEqual(['listening\n'])
  })
})
