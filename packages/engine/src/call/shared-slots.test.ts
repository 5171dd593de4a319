import { stateOf } from '@sluice/core'
import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import { errorOf, expectCode, gate, openWorld, type TestProcess, type World } from '../harness.testsuite.ts'
import { flow, type Lease, limit, type OpenHome, startRun, type TaskFuture, task } from '../index.ts'
import { ownerOfThisProcess } from '../run/process-identity.ts'

const quiet = { settings: { pollMs: 1e9 } }
const silent = { event: () => undefined }

/** Names are the process's: each test has its own. */
let names = 0
const fresh = (): string => `shared-${++names}`

/** Another run of this store, in whatever process, that holds a slot. */
async function elsewhere(world: World, name: string, size: number, owner?: { readonly pid: number }) {
  const id = world.home.settings.platform.newId()
  const at = world.home.settings.platform.now()
  await world.store.createRun({
    id,
    rootId: id,
    workspace: 'default',
    createdBy: 'a test',
    parentId: null,
    parentTaskId: null,
    key: null,
    flow: 'elsewhere',
    flowVersion: null,
    name: null,
    description: null,
    entrypoint: null,
    parameters: { text: '[]' },
    tags: [],
    state: stateOf('Running', at),
    timeline: [['Running', at]],
    attempt: 1,
    result: null,
    error: null,
    unhandled: [],
    upstream: { data: [], after: [] },
    createdAt: at,
    startedAt: at,
    endedAt: null,
    owner: owner ? { ...ownerOfThisProcess(), ...owner } : null,
    rerunOf: null,
  })
  const holder = { rootId: id, epoch: 1, key: 'there' }
  expect(await world.store.acquireSlots({ ...holder, needs: [{ name, size, slots: 1 }] })).toBe(true)
  return { release: () => world.store.releaseSlots(holder) }
}

const held = async (world: World, name: string): Promise<readonly unknown[]> => {
  const found = await world.store.getLimit(name)
  return [found?.held, found?.waiting]
}

describe('a named limit', () => {
  test('holds over all processes on a store: a task waits for its slot, says so, and gives it back', async () => {
    await using world = await openWorld(quiet)
    const name = fresh()
    const other = await elsewhere(world, name, 1)
    const ran: string[] = []
    const limited = task({ name: 'limited', concurrency: { limit: name, size: 1 } }, async () => ran.push('body'))
    let future: TaskFuture<number> | undefined
    const one = world.process()
    const root = one.start(flow({ name: 'f' }, async () => (future = limited()).settled()))
    await settleTurns()
    expect(future?.state).toMatchObject({
      name: 'AwaitingConcurrencySlot',
      waitingFor: { kind: 'limit', limit: name },
    })
    expect(await held(world, name)).toEqual([1, 1])
    await one.clock.advance(1_000)
    expect(ran).toEqual([])
    await other.release()
    await one.clock.advance(250)
    await root
    expect(ran).toEqual(['body'])
    expect(await held(world, name)).toEqual([0, 0])
  })

  test('that is free costs a task no other state', async () => {
    await using world = await openWorld(quiet)
    const limited = task({ name: 'limited', concurrency: { limit: fresh(), size: 1 } }, async () => 1)
    await world.process().start(flow({ name: 'f' }, async () => limited()))
    const [row] = await world.tasks()
    expect(row?.timeline.map(([step]) => step)).toEqual(['Running', 'Completed'])
  })

  test('without a size is the one that an operator made', async () => {
    await using world = await openWorld(quiet)
    const name = fresh()
    await world.store.putLimit(name, 1)
    const doors = [gate(), gate()]
    const order: string[] = []
    const body = flow({ name: 'f' }, async ({ n }: { n: number }) => {
      await using _ = await limit(name)
      order.push(`in ${n}`)
      await doors[n]?.promise
      order.push(`out ${n}`)
    })
    const [one, two] = [world.process(), world.process()]
    const first = one.start(body, { n: 0 })
    await settleTurns()
    const second = two.start(body, { n: 1 })
    await two.clock.advance(1_000)
    expect(order).toEqual(['in 0'])
    doors[0]?.open()
    await first
    await two.clock.advance(250)
    expect(order).toEqual(['in 0', 'out 0', 'in 1'])
    doors[1]?.open()
    await second
    expect(await held(world, name)).toEqual([0, 0])
  })

  test('that nobody made, or that is too small, fails who asks for it', async () => {
    await using world = await openWorld(quiet)
    const name = fresh()
    const one = world.process()
    await expectCode(one.start(flow({ name: 'f' }, async () => limit(name))), 'LIMIT_NOT_FOUND')
    await expectCode(limit(name), 'OUTSIDE_RUN')
    await world.store.putLimit(name, 1)
    const greedy = task({ name: 'greedy', concurrency: { limit: name, size: 3, slots: 2 } }, () => 1)
    await expectCode(one.start(flow({ name: 'g' }, async () => greedy())), 'LIMIT_TOO_SMALL')
    expect((await world.tasks()).map((row) => row.state.name)).toEqual(['Failed'])
  })

  test('has nobody in line who was cancelled there', async () => {
    await using world = await openWorld(quiet)
    const name = fresh()
    const other = await elsewhere(world, name, 1)
    const limited = task({ name: 'limited', concurrency: { limit: name, size: 1 } }, () => 1)
    const one = world.process()
    const body = flow({ name: 'f' }, async () => {
      const future = limited()
      await settleTurns()
      future.cancel()
      const { status } = await future.settled()
      await settleTurns()
      // The run goes on: it is not its end that leaves the line.
      return [status, await held(world, name)]
    })
    const root = one.start(body)
    await settleTurns(100)
    expect(await root).toEqual(['rejected', [1, 0]])
    await other.release()
  })

  test('that a dead process holds comes free for who waits', async () => {
    await using world = await openWorld(quiet)
    const name = fresh()
    await elsewhere(world, name, 1, { pid: 2 ** 22 + 1 })
    const limited = task({ name: 'limited', concurrency: { limit: name, size: 1 } }, () => 'ran')
    const one = world.process()
    const root = one.start(flow({ name: 'f' }, async () => limited()))
    await one.clock.advance(3_000)
    expect(await root).toBe('ran')
  })

  test('frees its slots when the attempt that took them ends, not before', async () => {
    await using world = await openWorld(quiet)
    const name = fresh()
    const door = gate()
    const forgets = task({ name: 'forgets' }, async () => {
      await limit(name, 2)
      await door.promise
    })
    const one = world.process()
    const root = one.start(flow({ name: 'f' }, async () => forgets()))
    await settleTurns()
    expect(await held(world, name)).toEqual([1, 0])
    door.open()
    await root
    expect(await held(world, name)).toEqual([0, 0])
  })
})

describe('while the lease has passed', () => {
  const withLease = (one: TestProcess, given: Lease): OpenHome => ({ ...one.home, lease: given })

  function lease() {
    let valid = true
    let renewed = gate()
    return {
      get valid() {
        return valid
      },
      renewed: () => renewed.promise,
      lapse: () => {
        valid = false
        renewed = gate()
      },
      renew: () => {
        valid = true
        renewed.open()
      },
    }
  }

  test('no body, no next try and no limited section begins; what runs goes on, and its outcome is recorded', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    const mine = lease()
    const door = gate()
    const ran: string[] = []
    const slow = task({ name: 'slow', retries: 1 }, async () => {
      ran.push('slow')
      await door.promise
      if (ran.filter((name) => name === 'slow').length === 1) throw new Error('once')
      return 'slow'
    })
    const quick = task({ name: 'quick' }, async () => ran.push('quick'))
    const section = async (): Promise<void> => {
      await using _ = await limit(fresh(), 1)
      ran.push('section')
    }
    const body = flow({ name: 'f' }, async () => {
      const running = slow()
      await settleTurns()
      mine.lapse()
      await Promise.all([running, quick(), section()])
    })
    const root = startRun(body, undefined, { home: withLease(one, mine), reporter: silent })
    await settleTurns(60)
    expect(ran).toEqual(['slow'])
    door.open()
    await settleTurns(60)
    expect(ran).toEqual(['slow'])
    expect((await world.tasks('slow')).map((row) => row.state.name)).toEqual(['AwaitingRetry'])
    mine.renew()
    await settleTurns(60)
    await root
    expect(ran.toSorted()).toEqual(['quick', 'section', 'slow', 'slow'])
  })

  test('who waits for it can still be cancelled', async () => {
    await using world = await openWorld(quiet)
    const one = world.process()
    const mine = lease()
    const quick = task({ name: 'quick' }, () => 'never')
    const body = flow({ name: 'f' }, async () => {
      mine.lapse()
      return quick()
    })
    const root = startRun(body, undefined, { home: withLease(one, mine), reporter: silent })
    await settleTurns()
    root.cancel('enough')
    await settleTurns()
    expect((await errorOf(root)).message).toContain('enough')
  })
})
