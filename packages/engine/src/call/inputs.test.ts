import { expect, test } from 'vitest'
import { errorOf, expectCode, gate, openWorld } from '../harness.testsuite.ts'
import { flow, run, task } from '../index.ts'

const give = task({ name: 'give' }, async (value: unknown) => value)
const fails = task({ name: 'fails' }, (text: string) => {
  throw new RangeError(text)
})
const seen = task({ name: 'seen' }, (...args: readonly unknown[]) => args)

test('futures in arguments, arrays and plain objects arrive as their values', async () => {
  await using world = await openWorld()
  const untouched = { deep: [1, { two: 2 }] }
  const body = flow({ name: 'f' }, async () =>
    seen(give(1), [give(2), [give(3)]], { a: give(4), b: { c: give(5) } }, untouched),
  )
  expect(await world.process().start(body)).toEqual([1, [2, [3]], { a: 4, b: { c: 5 } }, untouched])
})

test('the same future twice is one call and one value', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => {
    const shared = give({ n: 1 })
    const same = task({ name: 'same' }, (a: unknown, b: readonly unknown[]) => a === b[0])
    return same(shared, [shared])
  })
  expect(await world.process().start(body)).toBe(true)
  expect(await world.tasks('give')).toHaveLength(1)
})

test('an argument without futures is passed as it is, not copied', async () => {
  await using world = await openWorld()
  const given = { list: [1, 2] }
  const same = task({ name: 'same' }, (value: object) => value === given)
  expect(await world.process().start(flow({ name: 'f' }, async () => same(given)))).toBe(true)
})

test('a task whose input failed is not run, ends Cancelled, and gives its caller that very failure', async () => {
  await using world = await openWorld()
  const errors: unknown[] = []
  const body = flow({ name: 'f' }, async () => {
    const input = fails('no file')
    errors.push(await errorOf(seen(input)), await errorOf(input))
  })
  await world.process().start(body)
  expect(errors[0]).toBe(errors[1])
  expect(errors[0]).toMatchObject({ name: 'RangeError', message: 'no file' })
  expect((await world.tasks('seen'))[0]).toMatchObject({
    state: { name: 'Cancelled', message: 'not run: fails failed' },
    startedAt: null,
    attempt: 0,
    error: { message: 'no file' },
  })
})

test('a failure travels down a chain of tasks that wait for each other', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f' }, async () => seen(seen(seen(fails('top')))))
  expect((await errorOf(world.process().start(body))).message).toBe('top')
  expect((await world.tasks('seen')).map((row) => row.state.name)).toEqual(['Cancelled', 'Cancelled', 'Cancelled'])
})

test('equal inputs are the same call on a resume, whatever the order of object keys; other inputs are another call', async () => {
  await using world = await openWorld()
  const ran: unknown[] = []
  const keyed = task({ name: 'keyed' }, (input: object) => void ran.push(input))
  let input: object = { a: 1, b: new Map([[1, 2n]]) }
  const body = flow({ name: 'f' }, async () => {
    await keyed(input)
    throw new Error('once more')
  })
  await errorOf(world.process().start(body))
  input = { b: new Map([[1, 2n]]), a: 1 }
  await errorOf(world.process().goOn(body, 'retry'))
  expect(ran).toHaveLength(1)
  input = { b: new Map([[1, 3n]]), a: 1 }
  await errorOf(world.process().goOn(body, 'retry'))
  expect(ran).toHaveLength(2)
})

test('equal calls in a flow, in a task and in a child are different calls, each with its own result', async () => {
  await using world = await openWorld()
  let ran = 0
  const inner = task({ name: 'inner' }, (_given: string) => ++ran)
  const outer = task({ name: 'outer' }, async () => inner('same'))
  const child = flow({ name: 'child' }, async () => inner('same'))
  let fail = true
  const body = flow({ name: 'f' }, async () => {
    const results = [await inner('same'), await outer(), await child()]
    if (fail) throw new Error('once')
    return results
  })
  await errorOf(world.process().start(body))
  fail = false
  expect(await world.process().goOn(body, 'retry')).toEqual([1, 2, 3])
  expect(await world.tasks('inner')).toHaveLength(3)
})

test('run.key is the same for a call whatever attempt or resume runs it, and another for every call', async () => {
  await using world = await openWorld()
  const keys: string[] = []
  const keyed = task({ name: 'keyed', retries: 1 }, (_given: number) => {
    keys.push(run.key)
    throw new Error('again')
  })
  const body = flow({ name: 'f' }, async () => keyed(1))
  await errorOf(world.process().start(body))
  await errorOf(world.process().goOn(body, 'retry'))
  expect(keys).toHaveLength(4)
  expect(new Set(keys).size).toBe(1)
  await errorOf(
    world.process().start(flow({ name: 'f' }, () => Promise.all([keyed(1).settled(), keyed(1).settled(), keyed(2)]))),
  )
  expect(new Set(keys).size).toBe(4)
})

test('inputs that cannot be hashed need a key; without one the task runs, says why it is not resumable, and is no checkpoint', async () => {
  await using world = await openWorld()
  const withFunction = task({ name: 'with-function' }, (fn: () => number) => fn())
  const body = flow({ name: 'f' }, async () => [await withFunction(() => 1), await withFunction(() => 2)])
  expect(await world.process().start(body)).toEqual([1, 2])
  expect(await world.tasks()).toMatchObject([
    { resumable: false, checkpoint: false },
    { resumable: false, checkpoint: false },
  ])
  const warnings = (await world.logs()).filter((line) => line.level === 40)
  expect(warnings).toMatchObject([{ message: expect.stringContaining('with-function is not resumable') }])
  const keyed = withFunction.with({ key: 'by hand' })
  await world.process().start(flow({ name: 'g' }, async () => keyed(() => 3)))
  expect(await world.tasks()).toMatchObject([{ resumable: true, checkpoint: true }])
})

test('a key function that throws fails the call, not the process', async () => {
  await using world = await openWorld()
  const keyed = seen.with({
    key: () => {
      throw new Error('no key today')
    },
  })
  expect((await errorOf(world.process().start(flow({ name: 'f' }, async () => keyed(1))))).message).toBe('no key today')
  expect((await world.tasks())[0]).toMatchObject({ state: { name: 'Failed' }, startedAt: null })
})

test('a call that waits for its inputs can be cancelled', async () => {
  await using world = await openWorld()
  const hold = gate()
  const held = task({ name: 'held' }, async () => hold.promise)
  const body = flow({ name: 'f' }, async () => {
    const input = held()
    const waiting = seen(input)
    waiting.cancel('not needed')
    const error = await errorOf(waiting)
    hold.open()
    await input
    return error.message
  })
  expect(await world.process().start(body)).toContain('not needed')
  expect((await world.tasks('seen'))[0]).toMatchObject({ state: { name: 'Cancelled' }, startedAt: null })
})

test('in testing mode a task that changes what it was given fails', async () => {
  await using world = await openWorld()
  const changes = task({ name: 'changes' }, (list: number[]) => list.push(4))
  await expectCode(world.process().start(flow({ name: 'f' }, async () => changes([1, 2, 3]))), 'INPUT_MUTATED')
})
