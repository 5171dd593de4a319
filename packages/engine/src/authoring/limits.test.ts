import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { errorOf, expectCode, gate, openWorld, type Gate } from '../harness.testsuite.ts'
import { flow, limit, run, task, type TaskOptions } from '../index.ts'

/** A task whose bodies wait for their own gate; what runs now, and what ran most at once. */
function gauge(options: TaskOptions<readonly [number], number>) {
  const gates = new Map<number, Gate>()
  const order: number[] = []
  let now = 0
  let most = 0
  const step = task({ name: 'gauge', ...options }, async (n: number) => {
    order.push(n)
    most = Math.max(most, ++now)
    await doorOf(n).promise
    now--
    return n
  })
  function doorOf(n: number): Gate {
    const door = gates.get(n) ?? gate()
    gates.set(n, door)
    return door
  }
  return { task: step, order, open: (n: number) => doorOf(n).open(), most: () => most }
}

/** Names are the process's: each test has its own. */
let names = 0
const fresh = (): string => `limit-${++names}`

test('concurrency of a task: at most so many bodies at once in a run, first come, first served', async () => {
  await using world = await openWorld()
  const { task: step, order, open, most } = gauge({ concurrency: 2 })
  const states: unknown[] = []
  const body = flow({ name: 'f' }, async () => {
    const futures = [1, 2, 3, 4].map((n) => step(n))
    states.push(
      futures.map((future) => future.state.name),
      futures[2]?.state.waitingFor,
    )
    return Promise.all(futures)
  })
  const root = world.process().start(body)
  await settleTurns()
  expect(order).toEqual([1, 2])
  open(2)
  await settleTurns()
  expect(order).toEqual([1, 2, 3])
  for (const n of [1, 3, 4]) open(n)
  expect(await root).toEqual([1, 2, 3, 4])
  expect(most()).toBe(2)
  expect(states).toEqual([
    ['Running', 'Running', 'AwaitingConcurrencySlot', 'AwaitingConcurrencySlot'],
    { kind: 'limit', limit: 'concurrency of gauge' },
  ])
})

test('a named limit is shared by tasks and by runs of the process', async () => {
  await using world = await openWorld()
  const concurrency = { limit: fresh(), size: 1 }
  const { task: a, order, open } = gauge({ name: 'a', concurrency })
  const b = a.with({ name: 'b' })
  const one = world.process()
  const first = one.start(flow({ name: 'f' }, async () => a(1)))
  await settleTurns()
  const second = one.start(flow({ name: 'g' }, async () => b(2)))
  await settleTurns()
  expect(order).toEqual([1])
  open(1)
  await first
  await settleTurns()
  expect(order).toEqual([1, 2])
  open(2)
  await second
})

test('a call can take several slots', async () => {
  await using world = await openWorld()
  const name = fresh()
  const { task: small, order, open } = gauge({ concurrency: { limit: name, size: 3 } })
  const big = small.with({ concurrency: { limit: name, size: 3, slots: 3 } })
  const root = world.process().start(flow({ name: 'f' }, () => Promise.all([small(1), big(2), small(3)])))
  await settleTurns()
  expect(order, 'the small one behind the big one does not overtake it').toEqual([1])
  open(1)
  await settleTurns()
  expect(order).toEqual([1, 2])
  open(2)
  open(3)
  await root
})

test('concurrency of a flow: at most so many calls of its body at once; what they call in turn does not count', async () => {
  await using world = await openWorld()
  const { task: inner, order, open, most } = gauge({})
  const outer = task({ name: 'outer' }, async (n: number) => inner(n))
  const child = flow({ name: 'child' }, async (p: { n: number }) => inner(p.n))
  const body = flow({ name: 'f', concurrency: 2 }, () => Promise.all([outer(1), child({ n: 2 }), inner(3)]))
  const root = world.process().start(body)
  await settleTurns()
  expect(order).toEqual([1, 2])
  for (const n of [1, 2, 3]) open(n)
  await root
  expect(most()).toBe(2)
})

test('a named limit of a flow holds for the calls of its body, over all its runs', async () => {
  await using world = await openWorld()
  const { task: step, order, open } = gauge({})
  const body = flow({ name: 'f', concurrency: { limit: fresh(), size: 2 } }, (p: { ns: number[] }) =>
    Promise.all(p.ns.map((n) => step(n))),
  )
  const one = world.process()
  const roots = [one.start(body, { ns: [1, 2] }), one.start(body, { ns: [3] })]
  await settleTurns()
  expect(order).toEqual([1, 2])
  for (const n of [1, 2, 3]) open(n)
  await Promise.all(roots)
})

test('limit() holds slots until they are given back, or until the attempt that took them ends', async () => {
  await using world = await openWorld()
  const name = fresh()
  const order: string[] = []
  const forgets = task({ name: 'forgets' }, async (n: number) => {
    await limit(name, 1)
    order.push(`forgets ${n}`)
  })
  const uses = task({ name: 'uses' }, async () => {
    {
      await using _slot = await limit(name, 1)
      order.push('uses')
    }
    const again = await limit(name, 1)
    again.release()
    again.release()
    const slot = await limit(name, 1)
    order.push('again')
    slot[Symbol.dispose]()
  })
  const fails = task({ name: 'fails' }, async () => {
    await limit(name, 1)
    throw new Error('with the slot')
  })
  const body = flow({ name: 'f' }, async () => {
    await forgets(1)
    await fails().settled()
    await forgets(2)
    await uses()
  })
  await world.process().start(body)
  expect(order).toEqual(['forgets 1', 'forgets 2', 'uses', 'again'])
})

test('a slot that comes when its attempt has ended goes to the next in line', async () => {
  await using world = await openWorld()
  const name = fresh()
  const hold = gate()
  const got: string[] = []
  const holds = task({ name: 'holds' }, async () => {
    await using _slot = await limit(name, 1)
    await hold.promise
  })
  const leaves = task({ name: 'leaves' }, () => {
    limit(name, 1).then(
      () => got.push('left'),
      () => undefined,
    )
  })
  const wants = task({ name: 'wants' }, async () => {
    await using _slot = await limit(name, 1)
    got.push('wants')
  })
  const body = flow({ name: 'f' }, async () => {
    const first = holds()
    await leaves()
    const last = wants()
    await settleTurns()
    hold.open()
    await Promise.all([first, last])
  })
  await world.process().start(body)
  expect(got).toEqual(['wants'])
})

test('a waiting call that is cancelled leaves the line, and gives back what it had already', async () => {
  await using world = await openWorld()
  const concurrency = { limit: fresh(), size: 1 }
  const { task: limited, order, open } = gauge({ concurrency })
  const free = limited.with({ name: 'free', concurrency: 9 })
  const body = flow({ name: 'f', concurrency: 2 }, async () => {
    const first = limited(1)
    const second = limited(2)
    await settleTurns()
    second.cancel()
    await errorOf(second)
    const third = free(3)
    await settleTurns()
    expect(order, 'the slot of the flow is free again').toEqual([1, 3])
    open(1)
    open(3)
    await Promise.all([first, third])
    const fourth = limited(4)
    open(4)
    await fourth
  })
  await world.process().start(body)
  expect(order).toEqual([1, 3, 4])
})

test('a limit that an enclosing task holds covers the tasks inside', async () => {
  await using world = await openWorld()
  const concurrency = { limit: fresh(), size: 2 }
  const inner = task({ name: 'inner', concurrency }, async (n: number) => n)
  const outer = task({ name: 'outer', concurrency }, async (n: number) => (await inner(n)) + 1)
  // Each of the two holds one of the two slots when its inner task needs one.
  const body = flow({ name: 'f' }, () => Promise.all([outer(1), outer(2)]))
  expect(await world.process().start(body)).toEqual([2, 3])
})

test('the same name with two sizes is a conflict', async () => {
  await using world = await openWorld()
  const name = fresh()
  const body = flow({ name: 'f' }, async () => {
    const slot = await limit(name, 2)
    slot.release()
    await limit(name, 3)
  })
  await expectCode(world.process().start(body), 'LIMIT_CONFLICT')
  const two = task({ name: 'two', concurrency: { limit: name, size: 4 } }, () => 1)
  await expectCode(world.process().start(flow({ name: 'g' }, async () => two())), 'LIMIT_CONFLICT')
})

test.each([
  [0, 1],
  [1.5, 1],
  [1, 2],
  [2, 0],
])('limit of size %d for %d slots is refused', async (size, slots) => {
  await expectCode(limit(fresh(), size, { slots }), 'OPTION_INVALID')
})

test.each([
  ['a number', 1],
  ['a named limit', { limit: 'recursive', size: 1 }],
])('a task that calls itself does not wait for itself: %s', async (_, concurrency) => {
  await using world = await openWorld()
  const countdown: (n: number) => Promise<number> = async (n) => (n === 0 ? 0 : 1 + (await again(n - 1)))
  const again = task({ name: 'again', concurrency }, (n: number): Promise<number> => countdown(n))
  expect(await world.process().start(flow({ name: 'f' }, async () => again(3)))).toBe(3)
})

test('a retry keeps its place: the slot is held over all attempts', async () => {
  await using world = await openWorld()
  const order: string[] = []
  const flaky = task({ name: 'flaky', concurrency: 1, retries: 1 }, (n: number) => {
    order.push(`${n}.${run.attempt}`)
    if (run.attempt === 1) throw new Error('again')
    return n
  })
  await world.process().start(flow({ name: 'f' }, () => Promise.all([flaky(1), flaky(2)])))
  expect(order).toEqual(['1.1', '1.2', '2.1', '2.2'])
})
