import { SluiceError, stateOf } from '@sluice/core'
import { openStore, type Store } from '@sluice/store'
import { type CrashPoint, CrashingStore, testHome } from '@sluice/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { continueRun, flow, type Platform, run, startRun, task } from '../index.ts'
import { systemPlatform } from '../platform.ts'
import { later } from './random-flow.fixture.ts'

const silent = { event: () => undefined }
/** Pauses of the journal cost a turn, not their time; only the poll, set to an hour, stays as it is. */
const hasty: Platform = {
  ...systemPlatform,
  after: (ms, fn, background) => systemPlatform.after(ms < 3_600_000 ? 0 : ms, fn, background),
}
const settings = { pollMs: 3_600_000 }

function withAppend(
  store: Store,
  append: (batch: Parameters<Store['appendJournal']>[0]) => ReturnType<Store['appendJournal']>,
): Store {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'appendJournal') return append
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

const effects: string[] = []
let begun = 0
const step = task({ name: 'step' }, async (name: string) => {
  begun++
  await later(1)
  effects.push(name)
  return name
})
const child = flow({ name: 'child' }, async ({ n }: { n: number }) => step(`child ${n}`))
const flaky = task({ name: 'flaky', retries: 1 }, async () => {
  effects.push(`flaky ${run.attempt}`)
  if (run.attempt === 1) throw new Error('once')
  return step('inside')
})
const mixed = flow({ name: 'mixed' }, async () => [
  ...(await Promise.all([step('a'), step('b'), child({ n: 1 })])),
  await flaky(),
  ...(await step.map(['x', 'y', 'z'])),
])
const mixedResult = ['a', 'b', 'child 1', 'inside', 'x', 'y', 'z']

test('a store that refuses, or whose answers are lost, again and again, costs nothing but time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.constantFrom('fine', 'refused', 'lost')), async (faults) => {
      effects.length = 0
      await using store = await openStore(':memory:')
      const faulty = withAppend(store, async (batch) => {
        const fault = faults.next().value
        if (fault === 'refused') throw new SluiceError('STORE_UNAVAILABLE', { reason: 'the test says so' })
        const receipt = await store.appendJournal(batch)
        if (fault === 'lost') throw new SluiceError('STORE_UNAVAILABLE', { reason: 'the answer was lost' })
        return receipt
      })
      await using home = await testHome({ store: faulty, platform: hasty, settings })
      const future = startRun(mixed, undefined, { home, reporter: silent })
      expect(await future).toEqual(mixedResult)
      expect(effects.toSorted()).toEqual([...mixedResult, 'flaky 1', 'flaky 2'].toSorted())
      const record = await store.getRun(future.id)
      expect(record?.state.name).toBe('Completed')
      expect(await store.countTaskRuns(future.id)).toMatchObject({ completed: 8, other: 0, failed: 0 })
    }),
    { numRuns: 12, seed: 5 },
  )
})

test('an owner that is superseded at any batch stops there: no body begins, nothing is written, and the next owner finishes', async () => {
  for (let at = 1; at <= 12; at++) {
    effects.length = 0
    await using store = await openStore(':memory:')
    await using home = await testHome({ store, platform: hasty, settings })
    const id = home.settings.platform.newId()
    let batches = 0
    const stolen = withAppend(store, async (batch) => {
      if (++batches === at)
        await store.markCrashed({ id, expectedEpoch: 1, at: home.settings.platform.now(), message: 'held for dead' })
      return store.appendJournal(batch)
    })
    const late = await startRun(mixed, undefined, { home: { ...home, store: stolen }, id, reporter: silent }).settled()
    if (batches < at) break
    expect(late).toMatchObject({ status: 'rejected', reason: { code: 'RUN_FENCED' } })
    const record = await store.getRun(id)
    if (!record) throw new Error('no run')
    const seen = begun
    await later(10)
    expect(begun, `batch ${at}: no body begins after the fence`).toBe(seen)
    const value = await continueRun({ home, run: record, flow: mixed, mode: 'resume', reporter: silent })
    expect(value, `batch ${at}`).toEqual(mixedResult)
  }
})

test('of two processes that continue one run, one does and the other is told', async () => {
  effects.length = 0
  await using store = await openStore(':memory:')
  await using home = await testHome({ store })
  const id = home.settings.platform.newId()
  await startRun(mixed, undefined, {
    home: { ...home, store: new CrashingStore(store, { at: 3, mode: 'after' }).store },
    id,
    reporter: silent,
  }).settled()
  await store.markCrashed({ id, expectedEpoch: 1, at: home.settings.platform.now(), message: 'died' })
  const crashed = await store.getRun(id)
  if (!crashed) throw new Error('no run')
  const both = await Promise.all(
    [1, 2].map(() => continueRun({ home, run: crashed, flow: mixed, mode: 'resume', reporter: silent }).settled()),
  )
  expect(both.map((each) => each.status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(both.find((each) => each.status === 'rejected')).toMatchObject({ reason: { code: 'RUN_STILL_OWNED' } })
})

test('killed while it is being cancelled, a run ends Cancelled, and its retry does what was left', async () => {
  let asked: (() => Promise<unknown>) | undefined
  const long = task({ name: 'long' }, async (name: string) => {
    const ask = asked
    asked = undefined
    if (ask) await ask().then(() => new Promise(() => undefined))
    return name
  })
  const cancelled = flow({ name: 'cancelled' }, async () => [
    await step('first'),
    ...(await Promise.all([long('one'), long('two')])),
  ])

  /** Returns the writes of the process that was cancelled. */
  const scenario = async (point: CrashPoint | undefined): Promise<number> => {
    effects.length = 0
    await using store = await openStore(':memory:')
    await using home = await testHome({ store, settings: { pollMs: 5, graceMs: 20 } })
    const id = home.settings.platform.newId()
    asked = () => store.requestCancel(id, stateOf('Cancelling', home.settings.platform.now()))
    const crashing = new CrashingStore(store, point)
    await startRun(cancelled, undefined, { home: { ...home, store: crashing.store }, id, reporter: silent }).settled()
    asked = undefined
    const where = JSON.stringify(point)
    const left = await store.getRun(id)
    // Dead before it was created: there is nothing to go on with.
    if (!left) return crashing.writes
    if (crashing.crashed && left.state.type !== 'cancelled') {
      const guard = { id, expectedEpoch: left.epoch }
      const at = home.settings.platform.now()
      if (left.state.type === 'cancelling') await store.endAbandoned({ ...guard, state: stateOf('Cancelled', at) })
      else await store.markCrashed({ ...guard, at, message: 'died' })
    }
    const ended = await store.getRun(id)
    if (!ended) throw new Error('no run')
    expect(ended.state.name, where).toMatch(/^(Cancelled|Crashed)$/)
    expect(
      await continueRun({
        home,
        run: ended,
        flow: cancelled,
        mode: ended.state.type === 'crashed' ? 'resume' : 'retry',
        reporter: silent,
      }),
      where,
    ).toEqual(['first', 'one', 'two'])
    // Written by the second write: a process that dies before it is sure of that does the first step again.
    expect(effects.filter((name) => name === 'first').length, where).toBeLessThanOrEqual(
      point?.mode === 'before' && point.at === 2 ? 2 : 1,
    )
    expect((await store.getRun(id))?.state.name, where).toBe('Completed')
    return crashing.writes
  }
  const writes = await scenario(undefined)
  for (let at = 1; at <= writes; at++) for (const mode of ['before', 'after'] as const) await scenario({ at, mode })
})
