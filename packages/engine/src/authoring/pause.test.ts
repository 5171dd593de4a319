import { isSluiceError, SluiceError } from '@sluice/core'
import type { Store } from '@sluice/store'
import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { errorOf, expectCode, gate, openWorld } from '../harness.testsuite.ts'
import { flow, pause, run, startRun, task } from '../index.ts'
import { answer, waitsOf } from '../wait/answering.fixture.ts'
import { nextMillisecond } from '../wait/answering-store.fixture.ts'

const hour = 3_600_000
const quiet = { settings: { pollMs: 1e9 } }
const approval = z.object({ approved: z.boolean(), until: z.coerce.date().optional() })
const question = { key: 'approve', input: approval, message: 'Load it?' }
const asks = flow({ name: 'asks' }, () => pause({ ...question, timeout: '2h' }))

describe('a pause', () => {
  test('is recorded before it begins, with its deadline and the schema of its answer', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    one.start(asks).catch(() => undefined)
    await settleTurns()
    const [wait] = await waitsOf(world.store)
    expect(wait).toMatchObject({ kind: 'input', name: 'approve', status: 'open', outcome: null, targetRunId: null })
    expect(wait?.deadline).toBe(one.clock.now() + 2 * hour * 1000)
    expect(JSON.parse(wait?.match ?? '')).toMatchObject({
      message: 'Load it?',
      schema: { type: 'object', properties: { approved: { type: 'boolean' } } },
    })
  })

  test('resolves to the parsed answer, which stays what it was after a crash', async () => {
    await using world = await openWorld({ settings: { pollMs: 500 } })
    const stop = gate()
    const seen: unknown[] = []
    const body = flow({ name: 'f' }, async () => {
      seen.push(await pause({ key: 'approve', input: approval }))
      await stop.promise
      return seen.length
    })
    const one = world.process()
    one.start(body).catch(() => undefined)
    await settleTurns()
    expect(await answer(world.store, 'approve', { approved: true, until: '2026-02-01' })).toBe('answered')
    expect(await answer(world.store, 'approve', { approved: false })).toBe('already')
    await one.clock.advance(1_000)
    expect(await waitsOf(world.store)).toMatchObject([{ status: 'done', checkpoint: true }])
    await one.kill()
    stop.open()
    const end = world.process().goOn(body)
    expect(await end).toBe(2)
    expect(seen).toEqual([1, 2].map(() => ({ approved: true, until: new Date('2026-02-01') })))
  })

  test('that was answered while nobody ran it has its answer at once', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    one.start(asks).catch(() => undefined)
    await settleTurns()
    await one.kill()
    await answer(world.store, 'approve', { approved: true })
    expect(await world.process(100 * hour).goOn(asks)).toEqual({ approved: true })
  })

  test('that was answered before the resumed code came to it has its answer when it does', async () => {
    await using world = await openWorld(quiet)
    const doors = [gate(), gate()]
    const step = task({ name: 'step', persist: false }, async (n: number) => doors[n]?.promise)
    let process = 0
    const body = flow({ name: 'f' }, async () => {
      await step(process++)
      return pause({ key: 'k' })
    })
    const one = world.process()
    one.start(body).catch(() => undefined)
    doors[0]?.open()
    await settleTurns()
    await one.kill()
    const two = world.process(0, { pollMs: 500 })
    const end = two.goOn(body)
    await settleTurns()
    await answer(world.store, 'k', 'early')
    await two.clock.advance(500)
    doors[1]?.open()
    expect(await end).toBe('early')
  })

  test('keeps its id and its deadline when its run is resumed', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    one.start(asks).catch(() => undefined)
    await one.clock.advance(hour)
    const before = await waitsOf(world.store)
    await one.kill()
    const two = world.process()
    const end = expectCode(two.goOn(asks), 'WAIT_TIMEOUT')
    await settleTurns()
    expect(await waitsOf(world.store)).toEqual(before)
    await two.clock.advance(hour)
    expect((await end).message).toContain("'approve' was not answered within 2h")
    expect(await waitsOf(world.store)).toMatchObject([{ status: 'timedOut' }])
  })

  test('has its default when nobody answered in time', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    const root = one.start(flow({ name: 'f' }, () => pause({ key: 'k', timeout: '1h', default: 'go' })))
    await one.clock.advance(hour)
    expect(await root).toBe('go')
  })

  test('hears an answer that came at the last moment', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    const root = one.start(flow({ name: 'f' }, () => pause({ key: 'k', timeout: '1h' })))
    await one.clock.advance(hour - 1)
    await answer(world.store, 'k', 'in time')
    await one.clock.advance(1)
    expect(await root).toBe('in time')
  })

  test('takes the answer that was accepted in the instant in which its time was up, also after a crash', async () => {
    await using world = await openWorld(quiet)
    const stop = gate()
    const body = flow({ name: 'f' }, async () => {
      const told = await pause({ key: 'k', timeout: '1h' })
      await stop.promise
      return told
    })
    const one = world.process()
    const { store } = one.home
    // After the last look, and before anything is written.
    const late = {
      ...one.home,
      store: proxied(store, 'timeOutWait', () => answer(world.store, 'k', 'at the last moment')),
    }
    startRun(body, undefined, { home: late, reporter: silent })
      .settled()
      .catch(() => undefined)
    await one.clock.advance(hour)
    expect(await waitsOf(world.store)).toMatchObject([{ status: 'done', answer: { by: 'a test' } }])
    await one.kill()
    stop.open()
    expect(await world.process().goOn(body)).toBe('at the last moment')
  })

  test('whose timeout was first has timed out for whoever resumes its run, with whatever clock', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    one.start(asks).catch(() => undefined)
    await settleTurns()
    const [wait] = await waitsOf(world.store)
    const owned = { rootId: wait?.rootId ?? '', epoch: 1, waitId: wait?.id ?? '' }
    expect(await world.store.timeOutWait(owned)).toBeNull()
    await one.kill()
    expect(await answer(world.store, 'approve', { approved: true })).toBe('already')
    await expectCode(world.process().goOn(asks), 'WAIT_TIMEOUT')
  })

  test('whose time is up while the store is away ends when it is back', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    let asked = 0
    const away = async (): Promise<void> => {
      if (asked++ < 3) throw new SluiceError('STORE_UNAVAILABLE', { location: 'here', reason: 'it is away' })
    }
    const home = { ...one.home, store: proxied(one.home.store, 'timeOutWait', away) }
    const end = expectCode(startRun(asks, undefined, { home, reporter: silent }), 'WAIT_TIMEOUT')
    await one.clock.advance(2 * hour + 2_000)
    await end
    expect(asked).toBe(4)
  })

  test('whose answer the schema refuses fails with the issues, also after a crash', async () => {
    await using world = await openWorld({ settings: { pollMs: 500 } })
    const stop = gate()
    const caught: unknown[] = []
    const body = flow({ name: 'f' }, async () => {
      await pause({ key: 'approve', input: approval }).catch((error: unknown) => caught.push(error))
      await stop.promise
      return caught.length
    })
    const one = world.process()
    one.start(body).catch(() => undefined)
    await settleTurns()
    await answer(world.store, 'approve', { approved: 'perhaps' })
    await one.clock.advance(500)
    await one.kill()
    stop.open()
    expect(await world.process().goOn(body)).toBe(2)
    for (const error of caught) {
      expect(isSluiceError(error, 'PARAMETERS_INVALID')).toBe(true)
      expect((error as Error).message).toContain("The answer to 'approve' is invalid: approved")
    }
  })

  test('belongs into a flow, outside of a shield or in one, and its options are checked', async () => {
    await using world = await openWorld(quiet)
    const inTask = task({ name: 't' }, () => pause({ key: 'k' }))
    await expectCode(world.process().start(flow({ name: 'f' }, async () => inTask())), 'WAIT_IN_TASK')
    await expectCode(pause({ key: 'k' }), 'OUTSIDE_RUN')
    await expectCode(pause({ key: 'k', timeuot: '1h' } as never), 'OPTION_UNKNOWN')
    await expectCode(pause({ key: ' ' }), 'OPTION_INVALID')
    await expectCode(pause({ key: 'k', timeout: 'soon' as never }), 'DURATION_INVALID')
  })
})

describe('pauses and the end of what is around them', () => {
  test('one that lost a race is cancelled with its flow', async () => {
    await using world = await openWorld(quiet)
    const quick = task({ name: 'quick' }, () => 'quick')
    const body = flow({ name: 'f' }, () => Promise.race([pause({ key: 'k', timeout: '1h' }), quick()]))
    const one = world.process()
    expect(await one.start(body)).toBe('quick')
    expect(await waitsOf(world.store)).toMatchObject([{ status: 'cancelled' }])
    expect(one.clock.waiting.filter((ms) => ms === hour)).toEqual([])
    expect(await answer(world.store, 'k', 1)).toBe('no such wait')
  })

  test('a cancelled run asks anew when it is retried: under another id, with a deadline of its own', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    const root = one.start(asks)
    await settleTurns()
    const [before] = await waitsOf(world.store)
    root.cancel('not now')
    await errorOf(root)
    expect(await waitsOf(world.store)).toMatchObject([{ status: 'cancelled' }])
    const two = world.process(hour)
    two.goOn(asks, 'retry').catch(() => undefined)
    await settleTurns()
    const [after] = await waitsOf(world.store)
    expect(after).toMatchObject({ status: 'open', key: before?.key, answer: null })
    expect(after?.id).not.toBe(before?.id)
    expect(after?.deadline).toBe((before?.deadline ?? 0) + hour * 1000)
  })

  test('a flow that retries asks again when a timeout failed it, and not what it has caught', async () => {
    await using world = await openWorld(quiet)
    const log: string[] = []
    const body = flow({ name: 'f', retries: 1 }, async () => {
      await pause({ key: 'first', timeout: '1h' }).catch(() => log.push(`caught ${run.attempt}`))
      return pause({ key: 'second', timeout: '1h' })
    })
    const one = world.process()
    const end = one.start(body)
    await one.clock.advance(2 * hour)
    expect(log).toEqual(['caught 1', 'caught 2'])
    const open = (await waitsOf(world.store)).filter((wait) => wait.status === 'open')
    expect(open.map((wait) => wait.name)).toEqual(['second'])
    await one.clock.advance(hour)
    await expectCode(end, 'WAIT_TIMEOUT')
  })

  test('a run that a timeout failed asks again when it is retried by hand', async () => {
    await using world = await openWorld({ settings: { pollMs: 500 } })
    const one = world.process()
    const root = one.start(asks)
    await one.clock.advance(2 * hour)
    await expectCode(root, 'WAIT_TIMEOUT')
    const two = world.process()
    const again = two.goOn(asks, 'retry')
    await settleTurns()
    expect(await answer(world.store, 'approve', { approved: true })).toBe('answered')
    await two.clock.advance(500)
    expect(await again).toEqual({ approved: true })
  })

  test('two that raced have the same winner after a crash, and of two answered meanwhile the first', async () => {
    await using world = await openWorld(quiet)
    const stop = gate()
    const body = flow({ name: 'f' }, async () => {
      const winner = await Promise.race([pause({ key: 'a' }), pause({ key: 'b' })])
      await stop.promise
      return winner
    })
    const one = world.process()
    one.start(body).catch(() => undefined)
    await settleTurns()
    await one.kill()
    await answer(world.store, 'b', 'b')
    nextMillisecond()
    await answer(world.store, 'a', 'a')
    const two = world.process()
    two.goOn(body).catch(() => undefined)
    await settleTurns(50)
    await two.kill()
    stop.open()
    expect(await world.process().goOn(body)).toBe('b')
  })

  test('a thousand in one run are answered each with its own', async () => {
    await using world = await openWorld(quiet)
    const keys = Array.from({ length: 1_000 }, (_, i) => `k${i}`)
    const body = flow({ name: 'f' }, () => Promise.all(keys.map((key) => pause({ key }))))
    const one = world.process(0, { pollMs: 500 })
    const root = one.start(body)
    await settleTurns(100)
    const waits = await waitsOf(world.store)
    expect(waits).toHaveLength(1_000)
    for (const { id, name } of waits.toReversed())
      await world.store.answerWait({ waitId: id, answer: JSON.stringify([name]), by: 'a test' })
    await one.clock.advance(500)
    await settleTurns(2_500)
    expect(await root).toEqual(keys)
  })
})

const silent = { event: () => undefined }

/** A store before whose `method` something happens. */
function proxied(store: Store, method: keyof Store, before: () => Promise<unknown>): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      const bound = member.bind(target) as (...args: unknown[]) => unknown
      return name === method ? async (...args: unknown[]) => (await before(), bound(...args)) : bound
    },
  })
}
