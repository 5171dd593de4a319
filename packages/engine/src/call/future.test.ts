import { SluiceError } from '@sluice/core'
import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { errorOf, expectCode, gate, openWorld } from '../harness.testsuite.ts'
import { flow, sleep, task, type TaskFuture } from '../index.ts'

const one = task({ name: 'one' }, () => 1)
const two = task({ name: 'two' }, async () => 2)
const fails = task({ name: 'fails' }, () => {
  throw new TypeError('no such column')
})

test('calling a task starts its body before the call returns', async () => {
  await using world = await openWorld()
  const order: string[] = []
  const starts = task({ name: 'starts' }, () => void order.push('body'))
  const body = flow({ name: 'f' }, async () => {
    const future = starts()
    order.push('called')
    await future
  })
  await world.process().end(body)
  expect(order).toEqual(['body', 'called'])
})

test('a future is a real promise: await, then, catch, finally, all, allSettled, race and any take it', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const future = one()
    let last = ''
    return {
      isPromise: future instanceof Promise,
      tag: Object.prototype.toString.call(future),
      awaited: await future,
      again: await future,
      chained: await one().then((value) => value + 10),
      caught: await fails().catch((error: unknown) => (error as Error).name),
      finally: [await two().finally(() => (last = 'ran')), last],
      all: await Promise.all([one(), two()]),
      settled: (await Promise.allSettled([one(), fails()])).map((end) => end.status),
      race: await Promise.race([one(), new Promise<number>(() => undefined)]),
      any: await Promise.any([fails(), two()]),
    }
  })
  expect(await world.process().start(body)).toEqual({
    isPromise: true,
    tag: '[object Promise]',
    awaited: 1,
    again: 1,
    chained: 11,
    caught: 'TypeError',
    finally: [2, 'ran'],
    all: [1, 2],
    settled: ['fulfilled', 'rejected'],
    race: 1,
    any: 2,
  })
})

test('a future tells its id, its name and its state as they are at the moment', async () => {
  await using world = await openWorld()
  const hold = gate()
  const slow = task({ name: 'slow' }, () => hold.promise)
  const after = task({ name: 'after' }, (_given: void) => 'after')
  const seen: unknown[] = []
  const body = flow({ name: 'f' }, async () => {
    const future = slow()
    const waiting = after(future)
    seen.push([future.name, future.state.name, waiting.state.name, waiting.state.waitingFor])
    hold.open()
    await waiting
    seen.push([future.state.type, waiting.state.name])
    return future.id
  })
  const id = await world.process().start(body)
  expect(seen).toEqual([
    ['slow', 'Running', 'Pending', { kind: 'inputs' }],
    ['completed', 'Completed'],
  ])
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/)
  expect((await world.tasks('slow'))[0]?.id).toBe(id)
})

test('settled() waits for the end, never rejects, and gives a value or the error itself', async () => {
  await using world = await openWorld()
  const thrown = new RangeError('too far')
  const throws = task({ name: 'throws' }, () => {
    throw thrown
  })
  let ends: unknown
  const body = flow({ name: 'f' }, async () => {
    ends = [await one().settled(), await throws().settled()]
  })
  await world.process().start(body)
  expect(ends).toEqual([
    { status: 'fulfilled', value: 1 },
    { status: 'rejected', reason: thrown },
  ])
})

test('cancel() aborts the signal and rejects the future while the body is still stuck', async () => {
  await using world = await openWorld()
  const stuck = task({ name: 'stuck' }, () => new Promise<void>(() => undefined))
  let future: TaskFuture<void> | undefined
  const body = flow({ name: 'f' }, async () => {
    future = stuck()
    future.cancel('enough')
    return (await errorOf(future)).message
  })
  expect(await world.process().start(body)).toContain('enough')
  expect(future?.state.name).toBe('Cancelled')
  expect((await world.tasks())[0]).toMatchObject({ state: { name: 'Cancelled' }, error: { code: 'TASK_CANCELLED' } })
})

test('cancel() of a settled future changes nothing', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const future = one()
    await future
    future.cancel()
    return [await future, future.state.name]
  })
  expect(await world.process().start(body)).toEqual([1, 'Completed'])
})

test("cancel() of a root run's future cancels the run and is recorded", async () => {
  await using world = await openWorld()
  const process = world.process()
  const root = process.start(flow({ name: 'f' }, () => sleep('1h')))
  await settleTurns()
  root.cancel('not today')
  expect((await expectCode(root, 'TASK_CANCELLED')).message).toContain('not today')
  expect(await world.run()).toMatchObject({ state: { name: 'Cancelled' }, owner: null })
})

test('turning a future into JSON throws instead of writing {}', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const future = one()
    expect(() => JSON.stringify({ future })).toThrow(SluiceError)
    expect(() => JSON.stringify(future)).toThrow(/'one' was turned into JSON/)
    await future
  })
  await world.process().start(body)
})

test('a task called outside a flow says so, and its bare function works', async () => {
  expect(() => one()).toThrow(/outside a run/)
  expect(() => one.map([])).toThrow(/outside a run/)
  expect(one.fn()).toBe(1)
})
