import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { errorOf, expectCode, gate, openWorld, type Gate } from '../harness.testsuite.ts'
import { flow, type MapFuture, task, type TaskFuture } from '../index.ts'

const double = task({ name: 'double' }, async (n: number) => n * 2)
const odd = task({ name: 'odd' }, (n: number) => {
  if (n % 2 === 0) throw new Error(`${n} is even`)
  return n
})

test('results come in the order of the items, whoever ends first', async () => {
  await using world = await openWorld()
  const slowFirst = task({ name: 'slow-first' }, async (n: number) => {
    await settleTurns(10 - n)
    return `item ${n}`
  })
  expect(await world.process().start(flow({ name: 'f' }, async () => slowFirst.map([1, 5, 9])))).toEqual([
    'item 1',
    'item 5',
    'item 9',
  ])
})

test('at most `concurrency` items run at once, 64 unless told otherwise; the next starts when one ends', async () => {
  await using world = await openWorld()
  const doors: Gate[] = []
  const waits = task({ name: 'waits' }, async (n: number) => {
    doors[n] = gate()
    await doors[n].promise
  })
  const started = (): number => doors.filter(Boolean).length
  const items = Array.from({ length: 70 }, (_, n) => n)
  const one = world.process()
  const wide = one.start(flow({ name: 'wide' }, async () => waits.map(items)))
  await settleTurns()
  expect(started()).toBe(64)
  doors[3]?.open()
  await settleTurns()
  expect(started()).toBe(65)
  for (let i = 0; i < 70; i++) {
    await settleTurns(2)
    for (const door of doors) door.open()
  }
  await wide
  doors.length = 0
  const narrow = one.start(flow({ name: 'narrow' }, async () => waits.with({ concurrency: 3 }).map(items.slice(0, 5))))
  await settleTurns()
  expect(started()).toBe(3)
  for (let i = 0; i < 5; i++) {
    for (const door of doors) door.open()
    await settleTurns(5)
  }
  await narrow
})

test('any iterable, a future of items, items that are futures, and further arguments for every call', async () => {
  await using world = await openWorld()
  const list = task({ name: 'list' }, (n: number) => Array.from({ length: n }, (_, i) => i))
  const join = task({ name: 'join' }, (item: unknown, ...rest: readonly unknown[]) => [item, ...rest].join('-'))
  const body = flow({ name: 'f' }, async () => ({
    set: await double.map(new Set([1, 2])),
    generated: await double.map(
      (function* () {
        yield 3
        yield 4
      })(),
    ),
    future: await double.map(list(3)),
    mapped: await double.map(double.map([1, 2])),
    items: await double.map([double(1), 5]),
    rest: await join.map(['a', 'b'], double(1), 'end'),
    none: await double.map([]),
  }))
  expect(await world.process().start(body)).toEqual({
    set: [2, 4],
    generated: [6, 8],
    future: [0, 2, 4],
    mapped: [4, 8],
    items: [4, 10],
    rest: ['a-2-end', 'b-2-end'],
    none: [],
  })
})

test('the single futures can be taken out, before and after', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const mapped = double.map([1, 2, 3])
    const [first, , third] = mapped
    const early = [mapped.length, await third, await first]
    await mapped
    const late = await Promise.all(Array.from(mapped))
    return {
      early,
      late,
      states: Array.from(mapped).map((future) => future.state.name),
      ids: new Set(Array.from(mapped).map((future) => future.id)).size,
    }
  })
  expect(await world.process().start(body)).toEqual({
    early: [3, 6, 2],
    late: [2, 4, 6],
    states: ['Completed', 'Completed', 'Completed'],
    ids: 3,
  })
})

test("the first failure is the map's; the other items go on and can be looked at", async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const mapped = odd.map([1, 2, 3, 4])
    const futures = Array.from(mapped)
    const error = await errorOf(mapped)
    const ends = await Promise.all(futures.map((future) => future.settled()))
    return [error.message, mapped.state.name, ends.map((end) => end.status)]
  })
  expect(await world.process().start(body)).toEqual([
    '2 is even',
    'Failed',
    ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
  ])
  expect((await world.tasks()).map((row) => row.state.name).toSorted()).toEqual([
    'Completed',
    'Completed',
    'Failed',
    'Failed',
  ])
})

test('single futures asked for later still tell of a failure', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const mapped = odd.map([1, 2])
    await mapped.settled()
    return (await Promise.allSettled(Array.from(mapped))).map((end) => end.status)
  })
  expect(await world.process().start(body)).toEqual(['fulfilled', 'rejected'])
})

test('cancelling a map cancels what runs and what waits', async () => {
  await using world = await openWorld()
  const stuck = task({ name: 'stuck', concurrency: 1 }, (_given: number) => new Promise<never>(() => undefined))
  let futures: TaskFuture<never>[] = []
  const body = flow({ name: 'f' }, async () => {
    const mapped = stuck.map([1, 2, 3])
    futures = Array.from(mapped)
    mapped.cancel('enough')
    return (await errorOf(mapped)).message
  })
  expect(await world.process().start(body)).toContain('enough')
  expect(futures.map((future) => future.state.name)).toEqual(['Cancelled', 'Cancelled', 'Cancelled'])
  expect(await world.tasks()).toHaveLength(1)
})

test('cancelling one queued item leaves the others alone', async () => {
  await using world = await openWorld()
  const hold = gate()
  const held = task({ name: 'held', concurrency: 1 }, async (n: number) => hold.promise.then(() => n))
  const body = flow({ name: 'f' }, async () => {
    const mapped = held.map([1, 2, 3])
    const [first, second, third] = mapped
    second?.cancel('not this one')
    const error = await errorOf(mapped)
    hold.open()
    return [await first, await third, error.message, second?.state.name]
  })
  expect(await world.process().start(body)).toEqual([1, 3, expect.stringContaining('not this one'), 'Cancelled'])
  expect((await world.tasks()).map((row) => row.state.name)).toEqual(['Completed', 'Completed'])
})

test('a failed future of items fails the map, and nothing runs', async () => {
  await using world = await openWorld()
  const noList = task({ name: 'no-list' }, (): number[] => {
    throw new Error('no list')
  })
  const body = flow({ name: 'f' }, async () => double.map(noList()))
  expect((await errorOf(world.process().start(body))).message).toBe('no list')
  expect(await world.tasks('double')).toEqual([])
})

test('the futures of a map whose items are not there yet cannot be taken', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const mapped = double.map(double.map([1]))
    expect(() => Array.from(mapped)).toThrow(/MAP_NOT_READY|not known before its items/)
    expect(mapped.length).toBe(0)
    await mapped
    return Array.from(mapped).length
  })
  expect(await world.process().start(body)).toBe(1)
})

test('what cannot be iterated is refused, at once or when the future of items says so', async () => {
  await using world = await openWorld()
  const map = (items: unknown): MapFuture<number> => double.map(items as number[])
  for (const items of [7, null, undefined, {}])
    await expectCode(world.process().start(flow({ name: 'f' }, async () => map(items))), 'MAP_NOT_ITERABLE')
  const seven = task({ name: 'seven' }, () => 7)
  await expectCode(world.process().start(flow({ name: 'g' }, async () => map(seven()))), 'MAP_NOT_ITERABLE')
  await expectCode(world.process().start(flow({ name: 'forgotten' }, () => void map(seven()))), 'MAP_NOT_ITERABLE')
})

test('a map in a task belongs to that task, and is waited for', async () => {
  await using world = await openWorld()
  const outer = task({ name: 'outer' }, () => {
    void double.map([1, 2])
  })
  await world.process().start(flow({ name: 'f' }, async () => outer()))
  const [outerRow] = await world.tasks('outer')
  expect((await world.tasks('double')).map((row) => [row.parentTaskId, row.state.name])).toEqual([
    [outerRow?.id, 'Completed'],
    [outerRow?.id, 'Completed'],
  ])
})
