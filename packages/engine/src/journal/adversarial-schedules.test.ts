import { type CrashEnd, enumerateCrashes } from '@sluice/testing'
import { openStore } from '@sluice/store'
import { beforeEach, describe, expect, test } from 'vitest'
import { type AnyFlow, flow, limit, run, sleep, task } from '../index.ts'
import { later } from './random-flow.fixture.ts'

/** What happened outside, in order; and in how many processes the flow has begun. */
const world = { effects: [] as string[], processes: 0 }
const happen = (name: string): void => void world.effects.push(name)
const count = (name: string): number => world.effects.filter((each) => each === name).length

const reset = (): void => {
  world.effects = []
  world.processes = 0
}
beforeEach(reset)

const step = task({ name: 'step' }, async (name: string) => {
  await later(1)
  happen(name)
  return name
})

interface Scenario {
  readonly depth?: number
  /** More checks of one end. */
  readonly also?: (end: CrashEnd) => void | Promise<void>
}

/** Kills the flow at every write: it always comes to `expected`, and an effect happens again at most once per crash. */
async function always(made: unknown, expected: unknown, { depth = 1, also }: Scenario = {}): Promise<void> {
  await enumerateCrashes({
    flow: made as AnyFlow,
    depth,
    reset,
    check: async (end) => {
      const where = JSON.stringify(end.points)
      expect(end.outcome, where).toEqual({ status: 'fulfilled', value: expected })
      for (const name of new Set(world.effects))
        expect(count(name), `${where}: ${name}`).toBeLessThanOrEqual(1 + end.points.length)
      expect((await end.store.getRun(end.runId))?.nondeterministic, where).toBe(false)
      await also?.(end)
    },
  })
}

const named = (name: string, body: () => unknown): unknown =>
  flow({ name }, () => {
    world.processes++
    return body()
  })

describe('races', () => {
  test('a chain that has won wins again, although its rival is fast this time', async () => {
    const rival = task({ name: 'rival' }, async () => {
      // Never in the first process; at once in any later one.
      await later(world.processes === 1 ? 400 : 0)
      return 'rival'
    })
    const big = task({ name: 'big' }, async (n: number) => 'x'.repeat(70_000) + n)
    const chain = async (): Promise<string> => {
      for (let i = 0; i < 6; i++) await step(`chain ${i}`)
      const sizes = await big.map([1, 2])
      ;(await limit('adversarial', 1)).release()
      return `chain ${sizes.length}`
    }
    const race = named('race', async () => {
      const winner = await Promise.race([chain(), rival()])
      return step(`after ${winner}`)
    })
    await enumerateCrashes({
      flow: race as AnyFlow,
      reset,
      check: ({ outcome, points }) => {
        expect(outcome.status).toBe('fulfilled')
        expect(new Set(world.effects.filter((name) => name.startsWith('after'))).size, JSON.stringify(points)).toBe(1)
      },
    })
  })

  test('a loser that fails later fails nothing', async () => {
    const loser = task({ name: 'loser' }, async () => {
      await later(12)
      throw new Error('too late to matter')
    })
    await always(
      named('loser', async () => {
        const first = await Promise.race([step('winner'), loser()])
        return [first, await step('next')]
      }),
      ['winner', 'next'],
      { depth: 2 },
    )
  })

  test('large results that race come in the order in which they came first', async () => {
    const large = task({ name: 'large' }, async (name: string, turns: number) => {
      await later(turns)
      return name.repeat(40_000)
    })
    const race = named('large', async () => {
      const order: string[] = []
      await Promise.all(
        ['ab', 'cd', 'ef'].map(async (name, i) => order.push((await large(name, (i * 5) % 7)).slice(0, 2))),
      )
      return step(order.join(' '))
    })
    await enumerateCrashes({
      flow: race as AnyFlow,
      reset,
      check: ({ outcome, points }) => {
        expect(outcome.status).toBe('fulfilled')
        expect(new Set(world.effects).size, JSON.stringify(points)).toBe(1)
      },
    })
  })

  test('a sleep that loses against a task, and one that wins', async () => {
    let asleep = Promise.resolve()
    const slow = task({ name: 'slow' }, async () => {
      await asleep
      return 'slow'
    })
    await always(
      named('sleepy', async () => {
        const quick = await Promise.race([step('quick'), sleep('1h').then(() => 'slept')])
        // Slower than the sleep however slow the machine is.
        const { promise, resolve } = Promise.withResolvers<void>()
        asleep = promise
        try {
          return [quick, await Promise.race([slow(), sleep('1ms').then(() => 'slept')])]
        } finally {
          resolve()
        }
      }),
      ['quick', 'slept'],
    )
  })
})

describe('equal calls', () => {
  test('equal items of a map keep what each of them made', async () => {
    let made = 0
    const create = task({ name: 'create' }, async (item: string) => {
      await later(made % 3)
      return `token ${++made} of ${item}`
    })
    const use = task({ name: 'use' }, async (token: string, i: number) => {
      happen(`${token} for ${i}`)
      return i
    })
    const equal = named('equal', async () => {
      const tokens = await create.map(['same', 'same', 'same'])
      await Promise.all(tokens.map((token, i) => use(token, i)))
      return new Set(tokens).size
    })
    await always(equal, 3, {
      also: ({ points }) => {
        const users = new Map<string, string>()
        for (const effect of world.effects) {
          const [token = '', user = ''] = effect.split(' for ')
          expect(users.get(token) ?? user, JSON.stringify(points)).toBe(user)
          users.set(token, user)
        }
      },
    })
  })

  test('two calls under one key are two calls', async () => {
    const keyed = task({ name: 'keyed', key: 'the key' }, async (n: number) => {
      await later(n)
      happen(`keyed ${run.key}`)
      return 'done'
    })
    await always(
      named('keyed', async () => {
        const both = await Promise.all([keyed(3), keyed(1)])
        return [...both, count('anything')]
      }),
      ['done', 'done', 0],
      { also: () => expect(new Set(world.effects).size).toBe(2) },
    )
  })

  test('one future that goes into two tasks is one call', async () => {
    const join = task({ name: 'join' }, async (a: string, b: string, n: number) => `${a}${b}${n}`)
    await always(
      named('shared', async () => {
        const source = step('source')
        return Promise.all([join(source, source, 1), join(source, 'x', 2)])
      }),
      ['sourcesource1', 'sourcex2'],
      { depth: 2 },
    )
  })
})

describe('failures', () => {
  const failing = task({ name: 'failing' }, async (name: string) => {
    await later(1)
    happen(`failing ${name}`)
    throw new RangeError(name)
  })

  test('a failing child is caught, and what follows is the same', async () => {
    const child = flow({ name: 'child' }, async ({ n }: { n: number }) => {
      await step(`child ${n}`)
      await failing(`of child ${n}`)
    })
    await always(
      named('parent', async () => {
        const outcomes: string[] = []
        for (const n of [1, 2]) {
          await child({ n }).catch((error: unknown) => outcomes.push((error as Error).message))
          await step(`after ${n}`)
        }
        return outcomes
      }),
      ['of child 1', 'of child 2'],
    )
  })

  test('tasks that start after others have failed, and all of their outcomes at once', async () => {
    await always(
      named('settled', async () => {
        const first = await Promise.allSettled([failing('a'), step('b'), failing('c')])
        const second = await Promise.allSettled([step('d'), failing('e')])
        return [...first, ...second].map((each) => each.status === 'fulfilled')
      }),
      [false, true, false, true, false],
      { depth: 2 },
    )
  })

  test('an attempt that times out leaves what it had finished to the next one', async () => {
    const outer = task({ name: 'outer', timeout: '100ms', retries: 1 }, async () => {
      const inner = await step('inner')
      if (run.attempt === 1) await new Promise(() => undefined)
      return [inner, await step('second')]
    })
    await always(
      named('timeouts', async () => outer()),
      ['inner', 'second'],
    )
  })

  test('retries in retries: every attempt is made, and none twice unless it was under way', async () => {
    const flaky = task({ name: 'flaky', retries: 1 }, async (outer: number) => {
      await later(1)
      happen(`flaky ${outer}.${run.attempt}`)
      if (outer < 2 || run.attempt < 2) throw new Error('flaky')
      return 'at last'
    })
    const middle = task({ name: 'middle', retries: 1 }, async () => flaky(run.attempt))
    await always(
      named('retries', async () => middle()),
      'at last',
      {
        depth: 2,
        also: () =>
          expect(new Set(world.effects)).toEqual(new Set(['flaky 1.1', 'flaky 1.2', 'flaky 2.1', 'flaky 2.2'])),
      },
    )
  })
})

describe('limits', () => {
  test('a process that dies holding them leaves none of them taken', async () => {
    const limited = task({ name: 'limited', concurrency: { limit: 'adversarial one', size: 1 } }, async (n: number) => {
      await using _ = await limit('adversarial two', 1)
      return step(`limited ${n}`)
    })
    await always(
      named('limited', async () => Promise.all([limited(1), limited(2)])),
      ['limited 1', 'limited 2'],
    )
  })

  test('calls that need two limits each, named in either order, do not wait for each other', async () => {
    const a = { limit: 'adversarial a', size: 1 }
    const b = { limit: 'adversarial b', size: 1 }
    const needsA = task({ name: 'needsA', concurrency: a }, async (n: number) => step(`a ${n}`))
    const needsB = task({ name: 'needsB', concurrency: b }, async (n: number) => step(`b ${n}`))
    const inA = flow({ name: 'inA', concurrency: a }, async () => Promise.all([needsB(1), needsB(2)]))
    const inB = flow({ name: 'inB', concurrency: b }, async () => Promise.all([needsA(1), needsA(2)]))
    const twice = flow({ name: 'twice', concurrency: a }, async () => needsA(3))
    await always(
      named('crossed', async () => (await Promise.all([inA(), inB(), twice()])).flat()),
      ['b 1', 'b 2', 'a 1', 'a 2', 'a 3'],
    )
  })
})

describe('shapes', () => {
  test('a loop that goes on until a result says so', async () => {
    const halve = task({ name: 'halve' }, async (n: number) => {
      happen(`halve ${n}`)
      return Math.floor(n / 2)
    })
    await always(
      named('loop', async () => {
        let n = 20
        const seen: number[] = []
        while (n > 0) seen.push((n = await halve(n)))
        return seen
      }),
      [10, 5, 2, 1, 0],
      { depth: 2 },
    )
  })

  test('thirty tasks in each other', async () => {
    const deep = task({ name: 'deep' }, async (n: number): Promise<number> => (n === 0 ? 0 : 1 + (await deep(n - 1))))
    await always(
      named('deep', async () => deep(30)),
      30,
    )
  })

  test('a task that is never kept runs again, what it calls does not', async () => {
    const volatile = task({ name: 'volatile', persist: false }, async () => [
      await step('kept inside'),
      world.processes,
    ])
    const made = named('volatile', async () => {
      const [inner] = await volatile()
      return [inner, await step('afterwards')]
    })
    await always(made, ['kept inside', 'afterwards'])
  })

  test('inputs that cannot be hashed run again and disturb nobody', async () => {
    const odd = task({ name: 'odd' }, async (fn: () => number) => fn())
    await always(
      named('odd', async () => [await odd(() => 7), await step('one'), await odd(() => 8), await step('two')]),
      [7, 'one', 8, 'two'],
    )
  })
})

test('a cached result is taken over or computed, never half of each, wherever either run dies', async () => {
  const costly = task({ name: 'costly', cache: { by: ['inputs'] } }, async (n: number) => {
    await later(1)
    happen(`costly ${n}`)
    return n * 2
  })
  const cached = named('cached', async () => [
    await costly(1),
    await step('between'),
    await costly(1),
    await costly(2),
  ]) as AnyFlow
  // One database for a pair of runs: what the first one cached the second one finds.
  await enumerateCrashes({
    flow: cached,
    reset,
    open: () => openStore(':memory:'),
    check: async ({ outcome, points, store }) => {
      expect(outcome).toEqual({ status: 'fulfilled', value: [2, 'between', 2, 4] })
      expect(count('costly 1'), JSON.stringify(points)).toBeLessThanOrEqual(1 + points.length)
      const runs = await store.listRuns({ limit: 2 })
      const { items } = await store.listTaskRuns({ rootId: runs.items[0]?.id ?? '', limit: 10 })
      expect(items.filter((row) => row.state.name === 'Cached')).toHaveLength(1)
    },
  })
})
