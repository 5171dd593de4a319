import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { expectCode, gate, openWorld } from '../harness.testsuite.ts'
import { flow, run, sleep, task } from '../index.ts'

const hour = 3_600_000

test('a sleep in a flow is recorded with its deadline before it begins, and with its end', async () => {
  await using world = await openWorld()
  const one = world.process()
  const root = one.start(flow({ name: 'f' }, () => sleep('2h')))
  await settleTurns()
  const { waits } = await world.store.loadCheckpoints((await world.run()).id)
  expect(waits).toMatchObject([{ kind: 'sleep', status: 'open', deadline: one.clock.now() + 2 * hour * 1000 }])
  await one.clock.advance(2 * hour)
  await root
  expect((await world.store.loadCheckpoints((await world.run()).id)).waits).toMatchObject([
    { status: 'done', checkpoint: true },
  ])
})

test('a run killed in a sleep waits for the rest only, and one killed after it not at all', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const woke: string[] = []
  const body = flow({ name: 'f' }, async () => {
    await sleep('2h')
    woke.push('first')
    await sleep('2h')
    woke.push('second')
  })
  const first = world.process()
  first.start(body).catch(() => undefined)
  await first.clock.advance(hour / 2)
  await first.kill()
  const second = world.process(hour / 2)
  second.goOn(body).catch(() => undefined)
  await settleTurns()
  expect(second.clock.waiting.find((ms) => ms > 1_000)).toBe(hour)
  await second.clock.advance(hour)
  expect(woke).toEqual(['first'])
  await second.kill()
  const third = world.process(3 * hour)
  const end = third.goOn(body)
  await third.clock.advance(0)
  await end
  expect(woke).toEqual(['first', 'first', 'second'])
})

test('equal sleeps are told apart: the second is not over because the first is', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const body = flow({ name: 'f' }, async () => {
    await sleep('1h')
    await sleep('1h')
    return 'end'
  })
  const first = world.process()
  first.start(body).catch(() => undefined)
  await first.clock.advance(hour + 1)
  await first.kill()
  const second = world.process()
  const end = second.goOn(body)
  await settleTurns()
  expect(second.clock.waiting.find((ms) => ms > 1_000)).toBeCloseTo(hour - 1)
  await second.clock.advance(hour)
  expect(await end).toBe('end')
})

test('a long wait in a task is an error; a short one is a timer that stops with the task', async () => {
  await using world = await openWorld()
  const long = task({ name: 'long' }, () => sleep('31s'))
  await expectCode(world.process().start(flow({ name: 'f' }, async () => long())), 'WAIT_IN_TASK')
  const short = task({ name: 'short', timeout: '1s' }, () => sleep('30s'))
  const one = world.process(0, { pollMs: 1e9 })
  const root = one.start(flow({ name: 'g' }, async () => short().settled()))
  await settleTurns()
  await one.clock.advance(1_000)
  expect(await root).toMatchObject({ status: 'rejected', reason: { code: 'TASK_TIMEOUT' } })
  expect(one.clock.waiting.filter((ms) => ms < hour)).toEqual([])
})

test('a sleep that lost a race does not hold the run up, and leaves no timer', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const quick = task({ name: 'quick' }, () => 'quick')
  const one = world.process()
  expect(await one.start(flow({ name: 'f' }, () => Promise.race([sleep('2h'), quick()])))).toBe('quick')
  expect(one.clock.waiting.filter((ms) => ms >= hour && ms < 1e8)).toEqual([])
  expect((await world.store.loadCheckpoints((await world.run()).id)).waits).toMatchObject([{ status: 'cancelled' }])
})

test('a sleep that nobody awaits does not hold the run up, nor fail it or the flow around it', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const forgets = flow({ name: 'forgets' }, () => {
    void sleep('2h')
    return 'early'
  })
  const one = world.process()
  expect(await one.start(forgets)).toBe('early')
  expect(await one.start(flow({ name: 'around' }, async () => [await forgets(), 'fine']))).toEqual(['early', 'fine'])
  await settleTurns()
  expect(one.clock.waiting.filter((ms) => ms >= hour && ms < 1e8)).toEqual([])
  expect((await world.logs()).map((line) => line.message)).toEqual([])
})

test('a deadline that lost a race wins it after a crash only when it had won', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const hold = gate()
  const slow = task({ name: 'slow' }, async () => hold.promise.then(() => 'task'))
  const next = task({ name: 'next' }, (winner: string) => winner)
  let crash = true
  const stop = gate()
  const body = flow({ name: 'f' }, async () => {
    const winner = await Promise.race([slow(), sleep('1h').then(() => 'deadline')])
    await next(winner)
    if (crash) await stop.promise
    return winner
  })
  const first = world.process()
  first.start(body).catch(() => undefined)
  await settleTurns()
  hold.open()
  await settleTurns()
  await first.kill()
  crash = false
  const second = world.process(5 * hour)
  expect(await second.goOn(body)).toBe('task')
})

test('a retried flow does not sleep again', async () => {
  await using world = await openWorld({ settings: { pollMs: 1e9 } })
  const one = world.process()
  const root = one.start(
    flow({ name: 'f', retries: 1 }, async () => {
      await sleep('1h')
      if (run.attempt === 1) throw new Error('after the sleep')
      return 'end'
    }),
  )
  await one.clock.advance(hour)
  expect(await root).toBe('end')
})

test('a sleep outside a run says so, and a bad duration too', async () => {
  await expectCode(sleep('1s'), 'OUTSIDE_RUN')
  await expectCode(sleep('soon' as never), 'DURATION_INVALID')
})
