import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { errorOf, expectCode, gate, openWorld, stepsOf } from '../harness.testsuite.ts'
import { flow, run, sleep, startRun, task } from '../index.ts'

/** A step that fails until it is mended, and how often each step ran. */
class Bench {
  readonly ran: string[] = []
  readonly broken = new Set<string>()
  readonly step = task({ name: 'step' }, (name: string) => {
    this.ran.push(name)
    if (this.broken.has(name)) throw new Error(`${name} is broken`)
    return name
  })
  constructor(...broken: string[]) {
    this.broken = new Set(broken)
  }
  /** Everything works from now on; what ran before is forgotten. */
  mend(): void {
    this.broken.clear()
    this.ran.length = 0
  }
}

test('a resume replays failures too: the run fails with the same error, and nothing runs', async () => {
  await using world = await openWorld()
  const bench = new Bench('b')
  const body = flow({ name: 'f' }, async () => [await bench.step('a'), await bench.step('b')])
  await errorOf(world.process().start(body))
  bench.mend()
  expect((await errorOf(world.process().goOn(body, 'resume'))).message).toBe('b is broken')
  expect(bench.ran).toEqual([])
})

test('a retry runs what failed, reuses what succeeded, and counts an attempt', async () => {
  await using world = await openWorld()
  const bench = new Bench('b')
  const body = flow({ name: 'f' }, async () => [await bench.step('a'), await bench.step('b'), run.attempt])
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry')).toEqual(['a', 'b', 2])
  expect(bench.ran).toEqual(['b'])
  expect(await world.run()).toMatchObject({
    attempt: 2,
    crashCount: 0,
    nondeterministic: false,
    error: null,
    unhandled: [],
  })
  expect(stepsOf(await world.run())).toEqual(['Running', 'Failed', 'Retrying', 'Completed'])
})

test('under Promise.all every failure runs again, also those that came after the first', async () => {
  await using world = await openWorld()
  const bench = new Bench('b', 'd')
  const body = flow({ name: 'f' }, () => Promise.all(['a', 'b', 'c', 'd'].map((name) => bench.step(name))))
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry')).toEqual(['a', 'b', 'c', 'd'])
  expect(bench.ran).toEqual(['b', 'd'])
})

test.each([
  ['with the reasons as an AggregateError', (reasons: unknown[]) => new AggregateError(reasons, 'several')],
  ['with the reasons as causes', (reasons: unknown[]) => new Error('wrapped', { cause: new AggregateError(reasons) })],
])('allSettled and a throw of its own %s: both failures run again', async (_, wrap) => {
  await using world = await openWorld()
  const bench = new Bench('b', 'c')
  const body = flow({ name: 'f' }, async () => {
    const ends = await Promise.allSettled(['a', 'b', 'c'].map((name) => bench.step(name)))
    const reasons = ends.flatMap((end): unknown[] => (end.status === 'rejected' ? [end.reason] : []))
    if (reasons.length > 0) throw wrap(reasons)
    return ends.length
  })
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry')).toBe(3)
  expect(bench.ran).toEqual(['b', 'c'])
})

test('a failure that was caught stays what it was: the retry takes the same branch', async () => {
  await using world = await openWorld()
  const bench = new Bench('primary', 'last')
  const body = flow({ name: 'f' }, async () => {
    const source = await bench.step('primary').catch(() => bench.step('fallback'))
    return [source, await bench.step('last')]
  })
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry')).toEqual(['fallback', 'last'])
  expect(bench.ran).toEqual(['last'])
})

test('retry-all-failed runs caught failures again too', async () => {
  await using world = await openWorld()
  const bench = new Bench('primary', 'last')
  const body = flow({ name: 'f' }, async () => {
    const source = await bench.step('primary').catch(() => bench.step('fallback'))
    return [source, await bench.step('last')]
  })
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry-all-failed')).toEqual(['primary', 'last'])
  expect(bench.ran).toEqual(['primary', 'last'])
})

test('in nested tasks and children only the failed path runs again', async () => {
  await using world = await openWorld()
  const bench = new Bench('deep')
  const middle = task({ name: 'middle' }, async () => [await bench.step('in task'), await bench.step('deep')])
  const child = flow({ name: 'child' }, async () => [await bench.step('in child'), await middle()])
  const body = flow({ name: 'f' }, async () => [await bench.step('first'), await child()])
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry')).toEqual(['first', ['in child', ['in task', 'deep']]])
  expect(bench.ran).toEqual(['deep'])
})

test('a task that did not run because its input failed runs in the retry', async () => {
  await using world = await openWorld()
  const bench = new Bench('input')
  const takes = task({ name: 'takes' }, (name: string) => `took ${name}`)
  const body = flow({ name: 'f' }, async () => takes(bench.step('input')))
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry')).toBe('took input')
})

test('a retry after a resume that replayed the failure still runs it again, with what depended on it', async () => {
  await using world = await openWorld()
  const bench = new Bench('input')
  const takes = task({ name: 'takes' }, (name: string) => `took ${name}`)
  const body = flow({ name: 'f' }, async () => takes(bench.step('input')))
  await errorOf(world.process().start(body))
  await errorOf(world.process().goOn(body, 'resume'))
  bench.mend()
  expect(await world.process().goOn(body, 'retry')).toBe('took input')
})

test('a failure nobody looked at runs again', async () => {
  await using world = await openWorld()
  const bench = new Bench('forgotten')
  const body = flow({ name: 'f' }, () => {
    void bench.step('forgotten')
    return 'end'
  })
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry')).toBe('end')
  expect(bench.ran).toEqual(['forgotten'])
})

test('of a map only the failed items run again', async () => {
  await using world = await openWorld()
  const bench = new Bench('b', 'd')
  const body = flow({ name: 'f' }, async () => bench.step.map(['a', 'b', 'c', 'd']))
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry')).toEqual(['a', 'b', 'c', 'd'])
  expect(bench.ran).toEqual(['b', 'd'])
})

test('a task that failed for good has all its retries again', async () => {
  await using world = await openWorld()
  const tries: number[] = []
  const stubborn = task({ name: 'stubborn', retries: 2 }, () => {
    tries.push(run.attempt)
    if (tries.length < 6) throw new Error('no')
    return 'yes'
  })
  const body = flow({ name: 'f' }, async () => stubborn())
  await errorOf(world.process().start(body))
  expect(await world.process().goOn(body, 'retry')).toBe('yes')
  expect(tries).toEqual([1, 2, 3, 1, 2, 3])
})

test('from: this task and all that was journaled after its first call run again, whatever they were', async () => {
  await using world = await openWorld()
  const bench = new Bench('d')
  const other = bench.step.with({ name: 'other' })
  const body = flow({ name: 'f' }, async () => [
    await bench.step('a'),
    await other('b'),
    await bench.step('c'),
    await bench.step('d'),
  ])
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry', 'other')).toEqual(['a', 'b', 'c', 'd'])
  expect(bench.ran).toEqual(['b', 'c', 'd'])
})

test('from: in a child runs that child again, and what was done before it is kept', async () => {
  await using world = await openWorld()
  const bench = new Bench('end')
  const other = bench.step.with({ name: 'other' })
  const child = flow({ name: 'child' }, async () => [await bench.step('x'), await other('y')])
  const body = flow({ name: 'f' }, async () => [await bench.step('a'), await child(), await bench.step('end')])
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry', 'other')).toEqual(['a', ['x', 'y'], 'end'])
  expect(bench.ran).toEqual(['y', 'end'])
})

test('a completed run can run again from a task', async () => {
  await using world = await openWorld()
  const bench = new Bench()
  const other = bench.step.with({ name: 'other' })
  const body = flow({ name: 'f' }, async () => [await bench.step('a'), await other('b')])
  await world.process().start(body)
  bench.mend()
  expect(await world.process().goOn(body, 'retry', 'other')).toEqual(['a', 'b'])
  expect(bench.ran).toEqual(['b'])
})

test('a cancelled run goes on: what finished is kept, what the cancel swept away runs', async () => {
  await using world = await openWorld()
  const ran: string[] = []
  const done = task({ name: 'done' }, () => void ran.push('done'))
  let hang = true
  const stuck = task({ name: 'stuck' }, () => {
    ran.push('stuck')
    return hang ? new Promise<string>(() => undefined) : 'free'
  })
  const child = flow({ name: 'child' }, async () => stuck())
  const queued = flow({ name: 'queued' }, async () => 'queued')
  const body = flow({ name: 'f', concurrency: 1 }, async () => {
    await done()
    return Promise.all([child(), queued()])
  })
  const one = world.process()
  const root = one.start(body)
  root.catch(() => undefined)
  await settleTurns()
  root.cancel()
  await errorOf(root)
  hang = false
  expect(await world.process().goOn(body, 'retry')).toEqual(['free', 'queued'])
  expect(ran).toEqual(['done', 'stuck', 'stuck'])
})

test('a task cancelled by its own flow is an outcome: a retry of the run replays it when it was handled', async () => {
  await using world = await openWorld()
  const bench = new Bench('last')
  let ran = 0
  const stuck = task({ name: 'stuck' }, () => {
    ran++
    return new Promise<never>(() => undefined)
  })
  const body = flow({ name: 'f' }, async () => {
    const future = stuck()
    future.cancel()
    const end = await future.settled()
    await bench.step('last')
    return end.status
  })
  await errorOf(world.process().start(body))
  bench.mend()
  expect(await world.process().goOn(body, 'retry')).toBe('rejected')
  expect(ran).toBe(1)
})

test('a completed run is not retried, a child not by itself, and a run with a living owner not at all', async () => {
  await using world = await openWorld()
  const child = flow({ name: 'child' }, () => 1)
  const body = flow({ name: 'f' }, async () => child())
  await world.process().start(body)
  await expectCode(world.process().goOn(body, 'retry'), 'RUN_NOT_RETRYABLE')
  const hold = gate()
  const living = flow({ name: 'living' }, () => hold.promise)
  const root = world.process().start(living)
  await settleTurns()
  await expectCode(world.process().goOn(living), 'RUN_STILL_OWNED')
  hold.open()
  await root
})

test('of two processes that go on with a run at once, one gets it', async () => {
  await using world = await openWorld()
  const bench = new Bench('a')
  const body = flow({ name: 'f' }, async () => bench.step('a'))
  await errorOf(world.process().start(body))
  bench.mend()
  const ends = await Promise.allSettled([world.process().goOn(body, 'retry'), world.process().goOn(body, 'retry')])
  expect(ends.map((end) => end.status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(ends.find((end) => end.status === 'rejected')?.reason).toMatchObject({ code: 'RUN_STILL_OWNED' })
  expect(bench.ran).toEqual(['a'])
})

test('code that took another way marks the run nondeterministic; a new call alone does not, nor an old one left out', async () => {
  await using world = await openWorld()
  const bench = new Bench('end')
  let names = ['a', 'b']
  const body = flow({ name: 'f' }, async () => {
    for (const name of names) await bench.step(name)
    await bench.step('end')
  })
  const retryWith = async (given: string[]): Promise<boolean> => {
    bench.broken.add('end')
    names = ['a', 'b']
    await errorOf(world.process().start(body))
    bench.mend()
    names = given
    await world.process().goOn(body, 'retry')
    return (await world.run()).nondeterministic
  }
  expect(await retryWith(['a', 'b'])).toBe(false)
  expect(await retryWith(['a', 'b', 'c']), 'more').toBe(false)
  expect(await retryWith(['a', 'c']), 'another').toBe(true)
})

test('a retry of a failed item beside one that is not asked for again is no other way', async () => {
  await using world = await openWorld()
  const bench = new Bench('b')
  let names = ['a', 'b']
  const body = flow({ name: 'f' }, () => Promise.all(names.map((name) => bench.step(name))))
  await errorOf(world.process().start(body))
  bench.mend()
  names = ['b']
  await world.process().goOn(body, 'retry')
  expect((await world.run()).nondeterministic).toBe(false)
})

test('a run can say which one it repeats, under an id and with tags of its own', async () => {
  await using world = await openWorld()
  const body = flow({ name: 'f', tags: ['always'] }, () => run.random())
  await world.process().start(body)
  const old = await world.run()
  const id = world.home.settings.platform.newId()
  const again = await startRun(body, undefined, { home: world.home, id, rerunOf: old.id, tags: ['by hand'] })
  expect(await world.run()).toMatchObject({ id, rerunOf: old.id, tags: ['always', 'by hand'], attempt: 1 })
  expect(again).not.toBe(await world.process().start(body))
})

test('run.random and run.now are the same after a retry, and other in every scope', async () => {
  await using world = await openWorld()
  const drawn: number[][] = []
  const draws = task({ name: 'draws' }, (_n: number) => run.random())
  let fail = true
  const body = flow({ name: 'f' }, async () => {
    drawn.push([run.now.getTime(), run.random(), run.random(), await draws(1), await draws(2)])
    if (fail) throw new Error('once')
  })
  await errorOf(world.process().start(body))
  fail = false
  await world.process(3_600_000).goOn(body, 'retry')
  expect(drawn[1]).toEqual(drawn[0])
  expect(new Set(drawn[0]).size).toBe(5)
})

test('crashes are counted, and progress begins the count anew; people see no other attempt', async () => {
  await using world = await openWorld()
  const bench = new Bench()
  const body = flow({ name: 'f' }, async () => {
    await sleep('1h')
    await bench.step('a')
    await sleep('2h')
    return run.attempt
  })
  const crash = async (): Promise<number> => {
    const one = world.process()
    const going = (await world.run().catch(() => undefined)) ? one.goOn(body) : one.start(body)
    going.then(undefined, () => undefined)
    await settleTurns()
    await one.kill()
    return (await world.run()).crashCount
  }
  expect([await crash(), await crash(), await crash()]).toEqual([1, 2, 3])
  const one = world.process(3_600_000)
  one.goOn(body).catch(() => undefined)
  await one.clock.advance(0)
  await one.kill()
  expect((await world.run()).crashCount).toBe(1)
  const last = world.process(7_200_000)
  const end = last.goOn(body)
  await last.clock.advance(7_200_000)
  expect(await end).toBe(1)
})
