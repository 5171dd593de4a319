import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import type { EventRecord, NewEvent } from '../event-store.ts'
import { putSetting } from '../queries/catalog/settings.ts'
import { emitEvents } from '../queries/events/emit-events.ts'
import type { Store } from '../store.ts'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { batch, child, newId, rootRun, t0, task } from './records.testsuite.ts'

const event = (name: string, fields: Partial<NewEvent> = {}): NewEvent => ({
  id: newId(),
  workspace: 'default',
  name,
  key: null,
  rootId: null,
  payload: null,
  ...fields,
})

const names = (events: readonly EventRecord[]): string[] => events.map((found) => found.name)

/** Reads a stream to its end as a client does, a few at a time. */
async function streamed(store: Store, after: number, filter: object = {}): Promise<EventRecord[]> {
  const found: EventRecord[] = []
  for (let next = after, more = true; more;) {
    const page = await store.readEvents({ after: next, limit: 2, ...filter })
    found.push(...page.events)
    more = page.next > next
    next = page.next
  }
  return found
}

/** The stream of events, and what changed in a tree. */
export function eventSuite(harness: StoreHarness): void {
  describe('events', () => {
    test('tell every state of a root run, and none of its child runs', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun({ state: stateOf('Running', t0) })
      await store.createRun(run)
      await store.appendJournal(batch(run.id, 1, [child(run, 1), task(run.id, 2)]))
      const end = { kind: 'root', state: stateOf('Completed', t0 + 5), timeline: [] } as const
      await store.appendJournal(batch(run.id, 3, [end]))
      const events = await streamed(store, 0)
      expect(names(events)).toEqual(['run.running', 'run.completed'])
      expect(events[1]).toMatchObject({ rootId: run.id, key: 'ingest', workspace: 'default', deploymentId: null })
      expect(JSON.parse(String(events[1]?.payload))).toEqual({
        flow: 'ingest',
        name: 'brave-otter',
        state: { type: 'completed', name: 'Completed', at: t0 + 5, message: null },
      })
    })

    test('of users come as they were sent, once however often', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const rootId = newId()
      const sent = [event('order.paid', { key: '7', payload: '{"a":1}', rootId }), event('order.sent')]
      await store.emitEvents(sent)
      await store.emitEvents([...sent, event('order.back')])
      await store.emitEvents([])
      const events = await streamed(store, 0)
      expect(names(events)).toEqual(['order.paid', 'order.sent', 'order.back'])
      expect(events[0]).toMatchObject(sent[0] ?? {})
    })

    test('are read on from a position, by tree and by name, and a filter does not lose its place', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [one, two] = [newId(), newId()]
      for (const [name, rootId] of [
        ['a', one],
        ['b', two],
        ['a', two],
        ['c', one],
        ['a', one],
      ] as const) {
        await store.emitEvents([event(name, { rootId })])
      }
      expect(names(await streamed(store, 0))).toEqual(['a', 'b', 'a', 'c', 'a'])
      expect(names(await streamed(store, 0, { rootId: one }))).toEqual(['a', 'c', 'a'])
      expect(names(await streamed(store, 0, { name: 'b' }))).toEqual(['b'])
      expect(names(await streamed(store, 0, { rootId: two, name: 'a' }))).toEqual(['a'])
      expect(names(await streamed(store, 0, { rootId: 'none' }))).toEqual([])
      const last = await store.lastEventPosition()
      expect(await store.readEvents({ after: 0, limit: 9, name: 'b' })).toMatchObject({ next: last })
      expect(await store.readEvents({ after: last, limit: 9 })).toEqual({ events: [], next: last })
      await store.emitEvents([event('d')])
      expect(names((await store.readEvents({ after: last, limit: 9 })).events)).toEqual(['d'])
    })

    test('keep their positions when old ones are deleted', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await store.emitEvents([event('a'), event('b'), event('c')])
      const last = await store.lastEventPosition()
      expect(await store.deleteHistory({ eventsBefore: 4e15, limit: 2 })).toBe(2)
      expect(names(await streamed(store, 0))).toEqual(['c'])
      expect(await store.deleteHistory({ eventsBefore: 1, limit: 9 })).toBe(0)
      expect(await store.deleteHistory({ eventsBefore: 4e15, limit: 9 })).toBe(1)
      expect(await store.lastEventPosition()).toBe(last)
      await store.emitEvents([event('d')])
      expect(names((await store.readEvents({ after: last, limit: 9 })).events)).toEqual(['d'])
    })

    test('that a transaction under way may still precede wait for it: none is skipped or doubled', async () => {
      // SQLite: whoever writes is alone.
      if (harness.kind === 'sqlite') return
      await using database = await harness.create()
      await using store = await database.open()
      await store.emitEvents([event('first')])
      const slow = await database.holdSteps(() => emitEvents([event('slow')]))
      await store.emitEvents([event('quick')])
      const before = await streamed(store, 0)
      expect(names(before)).toEqual(['first'])
      const { next } = await store.readEvents({ after: 0, limit: 9 })
      expect(await store.lastEventPosition()).toBe(next)
      expect(await store.readEvents({ after: next, limit: 9 })).toEqual({ events: [], next })
      const slower = await database.holdSteps(() => emitEvents([event('slower')]))
      await slow.commit()
      expect(names(await streamed(store, next))).toEqual(['slow', 'quick'])
      await slower.rollback()
      await store.emitEvents([event('last')])
      expect(names(await streamed(store, next))).toEqual(['slow', 'quick', 'last'])
    })

    test('do not wait for a transaction that writes something else', async () => {
      if (harness.kind === 'sqlite') return
      await using database = await harness.create()
      await using store = await database.open()
      const other = await database.holdSteps(() => putSetting('a', 'b'))
      await store.emitEvents([event('now')])
      expect(names(await streamed(store, 0))).toEqual(['now'])
      await other.rollback()
    })

    test('are read while many write, none skipped, none twice, each in its order', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await using reader = await database.open()
      const writers = Array.from({ length: 6 }, async (_, writer) => {
        for (let index = 0; index < 40; index += 1) await store.emitEvents([event(`${writer}`, { key: `${index}` })])
      })
      const seen: EventRecord[] = []
      const all = Promise.all(writers)
      for (let next = 0; seen.length < 240;) {
        const page = await reader.readEvents({ after: next, limit: 7 })
        seen.push(...page.events)
        expect(page.next).toBeGreaterThanOrEqual(next)
        next = page.next
      }
      await all
      expect(new Set(seen.map((found) => found.id)).size).toBe(240)
      for (const writer of ['0', '5']) {
        const own = seen.filter((found) => found.name === writer).map((found) => Number(found.key))
        expect(own).toEqual(own.toSorted((a, b) => a - b))
      }
    })

    test('are listed from new to old, by name, by tree, by both', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const rootId = newId()
      await store.emitEvents([event('a'), event('b', { rootId }), event('a', { rootId }), event('c')])
      const listed = async (query: object): Promise<string[][]> => {
        const pages: string[][] = []
        for (let after: string | null = ''; after !== null;) {
          const page = await store.listEvents({ limit: 2, ...query, ...(after === '' ? {} : { after }) })
          pages.push(names(page.items))
          after = page.next
        }
        return pages
      }
      expect(await listed({})).toEqual([
        ['c', 'a'],
        ['b', 'a'],
      ])
      expect(await listed({ name: 'a', limit: 1 })).toEqual([['a'], ['a']])
      expect(await listed({ rootId, limit: 1 })).toEqual([['a'], ['b']])
      expect(await listed({ rootId, name: 'b' })).toEqual([['b']])
      expect(await listed({ rootId: 'none' })).toEqual([[]])
      await expectCode(store.listEvents({ limit: 1, after: 'x' }), 'OPTION_INVALID')
      await expectCode(store.listEvents({ limit: 1, after: '1.2.3' }), 'OPTION_INVALID')
    })
  })

  test('events are found by key, by times, and by the beginning of their names', async () => {
    await using database = await harness.create()
    await using store = await database.open()
    const rootId = newId()
    const keyed = event('order.paid', { key: '7' })
    const sent = [event('order.sent', { rootId }), keyed, event('orders'), event('order.paid', { key: '8', rootId })]
    for (const one of sent) await store.emitEvents([one])
    const found = async (query: object): Promise<string[]> =>
      (await store.listEvents({ limit: 9, ...query })).items.map(({ name, key }) => `${name} ${key ?? ''}`.trim())
    expect(await found({ name: 'order.' })).toEqual(['order.paid 8', 'order.paid 7', 'order.sent'])
    expect(await found({ name: 'order.', rootId })).toEqual(['order.paid 8', 'order.sent'])
    expect(await found({ name: 'nothing.' })).toEqual([])
    expect(await found({ name: 'order.paid', key: '7' })).toEqual(['order.paid 7'])
    expect(await found({ rootId, key: '8' })).toEqual(['order.paid 8'])
    const { items } = await store.listEvents({ limit: 9, name: 'order.' })
    const [last, middle] = [items[0]?.recordedAt ?? 0, items[1]?.recordedAt ?? 0]
    expect(await found({ name: 'order.', since: last + 1 })).toEqual([])
    expect(await found({ name: 'order.', until: middle })).not.toContain('order.paid 7')
    expect(await found({ name: 'order.', since: middle, until: last + 1 })).toContain('order.paid 7')
    const first = await store.listEvents({ limit: 1, name: 'order.' })
    expect(await found({ name: 'order.', after: first.next })).toEqual(['order.paid 7', 'order.sent'])
    for (const alone of [{ key: '7' }, { since: 1 }, { until: 1 }])
      await expectCode(store.listEvents({ limit: 9, ...alone }), 'FILTER_UNSUPPORTED')
    await store.emitEvents(Array.from({ length: 60 }, (_, index) => event(`many.${index}`)))
    await expectCode(store.listEvents({ limit: 9, name: 'many.' }), 'FILTER_UNSUPPORTED')
  })

  describe('the changes of a tree', () => {
    test('are its task runs and child runs in journal order, from a number on, a few at a time', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const run = rootRun()
      await store.createRun(run)
      const part = child(run, 2)
      await store.appendJournal(batch(run.id, 1, [task(run.id, 1), part, task(run.id, 3), task(run.id, 4)]))
      const kinds = async (after: number, limit = 9): Promise<string[]> =>
        (await store.readTreeChanges({ rootId: run.id, after, limit })).map((change) => `${change.seq} ${change.kind}`)
      expect(await kinds(0)).toEqual(['1 task', '2 run', '3 task', '4 task'])
      expect(await kinds(1, 2)).toEqual(['2 run', '3 task'])
      expect(await kinds(4)).toEqual([])
      await store.appendJournal(batch(run.id, 5, [{ ...part, row: { ...part.row, seq: 5 } }]))
      expect(await kinds(4)).toEqual(['5 run'])
      expect(await kinds(0)).toEqual(['1 task', '3 task', '4 task', '5 run'])
      expect(await store.readTreeChanges({ rootId: newId(), after: 0, limit: 9 })).toEqual([])
      expect(await store.readTreeChanges({ rootId: 'none', after: 0, limit: 9 })).toEqual([])
    })
  })
}
