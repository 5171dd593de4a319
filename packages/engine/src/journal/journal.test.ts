import { SluiceError } from '@sluice/core'
import type { JournalBatch, JournalEntry, JournalReceipt, Store } from '@sluice/store'
import { FakeClock, settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { expectCode, gate, openWorld } from '../harness.testsuite.ts'
import { flow, run, task } from '../index.ts'
import { Journal } from './journal.ts'

const down = (): SluiceError => new SluiceError('STORE_UNAVAILABLE', { problem: 'down for the test' })

/** A journal on a store that answers when, and as, the test says. */
function journalOn(answer: (batch: JournalBatch) => JournalReceipt | Promise<JournalReceipt>, seq = 0) {
  const clock = new FakeClock()
  const batches: JournalBatch[] = []
  const told: string[] = []
  const journal = new Journal({
    store: {
      appendJournal: async (batch: JournalBatch) => {
        batches.push(batch)
        return answer(batch)
      },
    },
    platform: clock,
    rootId: 'root',
    epoch: 3,
    seq,
    timeoutMs: 60_000,
    onCancelling: () => told.push('cancelling'),
    onLost: (error) => told.push(`lost ${error.code}`),
    onOutage: () => told.push('outage'),
  })
  return { clock, batches, told, journal }
}

const drop = (key: string) => (): JournalEntry => ({ kind: 'drop', keys: [key] })
const ok = { cancelling: false }
const keysOf = (batch: JournalBatch | undefined): unknown =>
  batch?.entries.map((entry) => (entry.kind === 'drop' ? entry.keys[0] : entry.kind))

test('what is appended in one turn goes in one batch, numbered on from the last', async () => {
  const { journal, batches } = journalOn(() => ok, 7)
  const committed: number[] = []
  journal.append(drop('a'), (seq) => committed.push(seq))
  journal.appendTogether([drop('b'), drop('c')], (seq) => committed.push(seq))
  journal.append(drop('d'), (seq) => committed.push(seq))
  await journal.drained()
  expect(batches).toHaveLength(1)
  expect(batches[0]).toMatchObject({ rootId: 'root', epoch: 3, first: 8 })
  expect(keysOf(batches[0])).toEqual(['a', 'b', 'c', 'd'])
  expect(committed).toEqual([8, 10, 11])
})

test('one batch is in flight; what comes meanwhile goes together in the next', async () => {
  const doors = [gate<JournalReceipt>(), gate<JournalReceipt>()]
  const { journal, batches } = journalOn((batch) => doors[batch.first === 1 ? 0 : 1]?.promise ?? ok)
  journal.append(drop('a'))
  await settleTurns(3)
  journal.append(drop('b'))
  await settleTurns(3)
  journal.append(drop('c'))
  await settleTurns(3)
  expect(batches.map(keysOf)).toEqual([['a']])
  doors[0]?.open(ok)
  await settleTurns(3)
  expect(batches.map(keysOf)).toEqual([['a'], ['b', 'c']])
  expect(batches[1]?.first).toBe(2)
  doors[1]?.open(ok)
  await journal.drained()
})

test('a batch has at most 500 entries, and never a part of what belongs together', async () => {
  const { journal, batches } = journalOn(() => ok)
  for (let i = 0; i < 499; i++) journal.append(drop(`${i}`))
  journal.appendTogether([drop('x'), drop('y')])
  await journal.drained()
  expect(batches.map((batch) => batch.entries.length)).toEqual([499, 2])
})

test('a batch is full when a server would not take more, however few its entries are', async () => {
  const { journal, batches } = journalOn(() => ok)
  const result = { text: 'x'.repeat(60_000) }
  const row = { result, error: null, upstream: { data: [], after: [] }, unhandled: [], timeline: [] }
  const committed: number[] = []
  for (let i = 0; i < 100; i++)
    journal.append(
      () => ({ kind: 'task', row }) as unknown as JournalEntry,
      (seq) => committed.push(seq),
    )
  journal.append(drop('last'))
  await journal.drained()
  expect(batches.map(({ first, entries }) => [first, entries.length])).toEqual([
    [1, 34],
    [35, 34],
    [69, 33],
  ])
  expect(committed).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
})

test('a refused batch is sent again as it was, after pauses that grow; nothing overtakes it', async () => {
  let refusals = 3
  const { journal, batches, clock, told } = journalOn(() => {
    if (refusals-- > 0) throw down()
    return ok
  })
  const committed: number[] = []
  journal.append(drop('a'), (seq) => committed.push(seq))
  await settleTurns()
  expect(clock.waiting[0]).toBe(20)
  journal.append(drop('b'), (seq) => committed.push(seq))
  await clock.advance(20)
  expect(clock.waiting[0]).toBe(40)
  await clock.advance(40 + 80)
  await journal.drained()
  expect(batches.map(keysOf)).toEqual([['a'], ['a'], ['a'], ['a'], ['b']])
  expect(batches.map((batch) => batch.first)).toEqual([1, 1, 1, 1, 2])
  expect(committed).toEqual([1, 2])
  expect(told, 'a short refusal is no outage').toEqual([])
})

test('a long refusal holds new starts until the store is back', async () => {
  let up = false
  const { journal, clock, told } = journalOn(() => {
    if (up) return ok
    throw down()
  })
  journal.append(drop('a'))
  await clock.advance(200)
  expect(journal.ready).toBeUndefined()
  await clock.advance(1_000)
  expect(told).toEqual(['outage'])
  const { ready } = journal
  expect(ready).toBeInstanceOf(Promise)
  up = true
  await clock.advance(3_000)
  await ready
  expect(journal.ready).toBeUndefined()
  expect(told).toEqual(['outage'])
})

test.each(['RUN_FENCED', 'JOURNAL_GAP', 'STORE_CORRUPT', 'STORE_READ_ONLY'] as const)(
  '%s is final: nothing is written any more, and it is told once',
  async (code) => {
    const { journal, batches, told } = journalOn(() => {
      throw new SluiceError(code)
    })
    const committed: number[] = []
    journal.append(drop('a'), (seq) => committed.push(seq))
    await settleTurns()
    journal.append(drop('b'), (seq) => committed.push(seq))
    await journal.drained()
    await settleTurns()
    expect([batches.length, committed, told]).toEqual([1, [], [`lost ${code}`]])
  },
)

test('a store that stays away is given up after the timeout', async () => {
  const { journal, clock, told } = journalOn(() => {
    throw down()
  })
  journal.append(drop('a'))
  await clock.advance(59_000)
  expect(told).toEqual(['outage'])
  await clock.advance(5_000)
  expect(told).toEqual(['outage', 'lost JOURNAL_TIMEOUT'])
})

test('an error that is not one of the store counts as unavailable', async () => {
  let refusals = 1
  const { journal, clock, batches } = journalOn(() => {
    if (refusals-- > 0) throw new TypeError('socket hang up')
    return ok
  })
  journal.append(drop('a'))
  await clock.advance(100)
  await journal.drained()
  expect(batches).toHaveLength(2)
})

test('a receipt that says cancelling is passed on', async () => {
  const { journal, told } = journalOn(() => ({ cancelling: true }))
  journal.append(drop('a'))
  await journal.drained()
  expect(told).toEqual(['cancelling'])
})

/** Makes the journal of a process refuse while the switch is on. */
function breakable(home: { readonly store: Store }): { broken: boolean } {
  const control = { broken: false }
  const inner = home.store.appendJournal.bind(home.store)
  const store = new Proxy(home.store, {
    get: (target, name) => {
      if (name === 'appendJournal')
        return (batch: JournalBatch) => (control.broken ? Promise.reject(down()) : inner(batch))
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
  Object.assign(home, { store })
  return control
}

test('while the store is away no task starts, none fails, and all that finished is there afterwards', async () => {
  await using world = await openWorld()
  const one = world.process()
  const store = breakable(one.home)
  const started: number[] = []
  const doors = [gate(), gate()]
  const step = task({ name: 'step' }, async (n: number) => {
    started.push(n)
    await doors[n]?.promise
    return n
  })
  const root = one.start(
    flow({ name: 'f' }, async () => {
      const running = Promise.all([step(0), step(1)])
      return [...(await running), await step(2)]
    }),
  )
  await settleTurns()
  store.broken = true
  doors[0]?.open()
  await one.clock.advance(2_000)
  doors[1]?.open()
  await one.clock.advance(10_000)
  expect(started).toEqual([0, 1])
  expect((await world.tasks()).map((row) => row.state.type)).not.toContain('failed')
  store.broken = false
  await one.clock.advance(5_000)
  expect(await root).toEqual([0, 1, 2])
  expect((await world.tasks()).map((row) => row.state.name)).toEqual(['Completed', 'Completed', 'Completed'])
})

test('a call made during an outage waits, and can be cancelled', async () => {
  await using world = await openWorld()
  const one = world.process()
  const store = breakable(one.home)
  const go = gate()
  const started: string[] = []
  const step = task({ name: 'step' }, (name: string) => void started.push(name))
  const root = one.start(
    flow({ name: 'f' }, async () => {
      const first = step('first')
      await go.promise
      const waiting = step('waiting')
      await settleTurns()
      waiting.cancel('not now')
      await first
      return (await waiting.settled()).status
    }),
  )
  store.broken = true
  await one.clock.advance(2_000)
  go.open()
  await one.clock.advance(1_000)
  store.broken = false
  await one.clock.advance(5_000)
  expect(await root).toBe('rejected')
  expect(started).toEqual(['first'])
})

test('a store that stays away longer than the journal waits ends the run; nothing runs on, and a resume loses nothing', async () => {
  await using world = await openWorld({ settings: { journalTimeoutMs: 60_000 } })
  const one = world.process()
  const store = breakable(one.home)
  const ran: string[] = []
  const step = task({ name: 'step' }, async (name: string) => {
    ran.push(name)
    return name
  })
  const go = gate()
  const body = flow({ name: 'f' }, async () => {
    const a = await step('a')
    await go.promise
    return [a, await step('b'), await step('c')]
  })
  const root = one.start(body)
  root.catch(() => undefined)
  await settleTurns()
  store.broken = true
  go.open()
  await one.clock.advance(70_000)
  await expectCode(root, 'JOURNAL_TIMEOUT')
  expect(ran).toEqual(['a', 'b'])
  expect((await world.run()).state.name).toBe('Crashed')
  expect(await world.process().goOn(body)).toEqual(['a', 'b', 'c'])
  expect(ran).toEqual(['a', 'b', 'b', 'c'])
})

test('an owner that was superseded stops: nothing of it is written, no caller sees another result, no task starts', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const one = world.process()
  const hold = gate()
  const seen: string[] = []
  const held = task({ name: 'held' }, async (who: string) => hold.promise.then(() => who))
  const late = task({ name: 'late' }, (who: string) => void seen.push(`late ${who}`))
  let who = 'first'
  const body = flow({ name: 'f' }, async () => {
    const me = who
    const result = await held(me)
    seen.push(`${me} sees ${result}`)
    await late(me)
    return result
  })
  const root = one.start(body)
  root.catch(() => undefined)
  await settleTurns()
  const { id, epoch } = await world.run()
  await world.store.markCrashed({ id, expectedEpoch: epoch, at: one.clock.now(), message: 'taken for dead' })
  who = 'second'
  const resumed = world.process().goOn(body)
  await settleTurns()
  hold.open()
  expect(await resumed).toBe('second')
  await expectCode(root, 'RUN_FENCED')
  expect(seen).toEqual(['second sees second', 'late second'])
  expect((await world.tasks()).map((row) => row.name)).toEqual(['held', 'late'])
})

test('an owner that was superseded notices by polling, and its tasks get the signal', async () => {
  await using world = await openWorld({ settings: { pollMs: 500 } })
  const one = world.process()
  let reason: unknown
  const stuck = task({ name: 'stuck' }, () => {
    run.signal.addEventListener('abort', (event) => {
      reason = (event.target as AbortSignal).reason
    })
    return new Promise<never>(() => undefined)
  })
  const root = one.start(flow({ name: 'f' }, async () => stuck()))
  root.catch(() => undefined)
  await settleTurns()
  const { id, epoch } = await world.run()
  await world.store.markCrashed({ id, expectedEpoch: epoch, at: one.clock.now(), message: 'taken for dead' })
  await one.clock.advance(500)
  await expectCode(root, 'RUN_FENCED')
  expect(reason).toMatchObject({ code: 'RUN_FENCED' })
  expect((await world.run()).state.name).toBe('Crashed')
})

test('a finished task is in the store before its caller sees the result', async () => {
  await using world = await openWorld()
  const step = task({ name: 'step' }, (n: number) => n)
  const counts: number[] = []
  const count = async (): Promise<void> =>
    void counts.push((await world.tasks()).filter((row) => row.state.type === 'completed').length)
  await world.process().start(
    flow({ name: 'f' }, async () => {
      await step(1)
      await count()
      await Promise.all([step(2), step(3)])
      await count()
    }),
  )
  expect(counts).toEqual([1, 3])
})

test('a task that lasts is recorded as started, a short one is one row written once', async () => {
  await using world = await openWorld({ settings: { pollMs: 500 } })
  const hold = gate()
  const held = task({ name: 'held' }, async () => hold.promise)
  const one = world.process()
  const root = one.start(flow({ name: 'f' }, async () => held()))
  await settleTurns()
  expect(await world.tasks()).toEqual([])
  await one.clock.advance(1_500)
  expect(await world.tasks()).toMatchObject([{ state: { name: 'Running' }, checkpoint: false, endedAt: null }])
  hold.open()
  await root
  expect(await world.tasks()).toMatchObject([
    { state: { name: 'Completed' }, checkpoint: true, seq: expect.any(Number) },
  ])
})
