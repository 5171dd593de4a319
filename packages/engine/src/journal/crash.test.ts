import { enumerateCrashes, resumeAfterEveryTask } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import { type AnyFlow, flow, run, sleep, task } from '../index.ts'

/** What tasks did to the outside world, by name: how often. */
class Effects {
  counts = new Map<string, number>()
  happen(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }
  reset(): void {
    this.counts = new Map()
  }
}

const effects = new Effects()
/** Lets other branches go first, for so many turns. */
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}

async function survivesEveryCrash(
  made: AnyFlow,
  expected: unknown,
  options: { inFlight?: number; depth?: number } = {},
): Promise<void> {
  const { cases, writes } = await enumerateCrashes({
    flow: made,
    reset: () => effects.reset(),
    ...(options.depth && { depth: options.depth }),
    check: ({ outcome, points }) => {
      expect(outcome, JSON.stringify(points)).toEqual(
        expected instanceof Error
          ? { status: 'rejected', reason: expect.objectContaining({ message: expected.message }) }
          : { status: 'fulfilled', value: expected },
      )
      const repeated = [...effects.counts].filter(([, count]) => count > 1)
      expect(repeated.length, `${JSON.stringify(points)} repeated ${JSON.stringify(repeated)}`).toBeLessThanOrEqual(
        (options.inFlight ?? 1) * points.length,
      )
    },
  })
  expect(cases).toBeGreaterThan(writes)
}

describe('after a crash at every write', () => {
  test('a branch that finishes last still gets its own result', async () => {
    const a = task({ name: 'a' }, async (i: number) => {
      await turns(4 * (4 - i))
      effects.happen(`a${i}`)
      return i
    })
    const b = task({ name: 'b' }, async (i: number) => {
      await turns(2)
      effects.happen(`b${i}`)
      return `b-${i}`
    })
    const branches = flow({ name: 'branches' }, () => Promise.all([0, 1, 2, 3].map(async (i) => b(await a(i)))))
    await survivesEveryCrash(branches, ['b-0', 'b-1', 'b-2', 'b-3'], { inFlight: 4 })
  })

  test('equal calls with effects in two branches keep their own results apart', async () => {
    let created = 0
    const create = task({ name: 'create' }, async () => {
      await turns(1 + (created % 2))
      return `t${++created}`
    })
    const attached = new Map<string, number>()
    const attach = task({ name: 'attach' }, async (t: string, i: number) => {
      await turns(3 - i)
      effects.happen(`${t}:${i}`)
      const before = attached.get(t)
      if (before !== undefined && before !== i) throw new Error(`${t} was attached to ${before} and to ${i}`)
      attached.set(t, i)
      return `${t}->${i}`
    })
    const twice = flow({ name: 'twice' }, () =>
      Promise.all(
        [0, 1].map(async (i) => {
          const t = await create()
          await attach(t, i)
          return attach(t, i)
        }),
      ),
    )
    await enumerateCrashes({
      flow: twice,
      depth: 2,
      reset: () => {
        effects.reset()
        attached.clear()
        created = 0
      },
      check: ({ outcome, points }) => {
        expect(outcome.status, JSON.stringify(points)).toBe('fulfilled')
        const results = (outcome as { value: string[] }).value.map((text) => text.split('->'))
        expect(results.map(([, i]) => i)).toEqual(['0', '1'])
        expect(new Set(results.map(([t]) => t)).size, 'each branch its own').toBe(2)
      },
    })
  })

  test('Promise.race has the same winner', async () => {
    const racer = task({ name: 'racer' }, async (name: string, slow: number) => {
      await turns(slow)
      effects.happen(name)
      return name
    })
    const after = task({ name: 'after' }, (winner: string) => {
      effects.happen(`after ${winner}`)
      return winner
    })
    const winners: string[] = []
    const race = flow({ name: 'race' }, async () => {
      const first = await Promise.race([racer('slow', 30), racer('fast', 1)])
      const second = await Promise.any([racer('one', 12), racer('two', 3)])
      return [await after(first), await after(second)]
    })
    await enumerateCrashes({
      flow: race,
      depth: 2,
      reset: () => {
        effects.reset()
        winners.length = 0
      },
      check: ({ outcome, points }) => {
        expect(outcome.status, JSON.stringify(points)).toBe('fulfilled')
        const [first, second] = (outcome as { value: string[] }).value
        // Whoever won before the crash has been followed up by one `after` at most: never by one for each.
        expect([...effects.counts.keys()].filter((name) => name.startsWith('after')).toSorted()).toEqual(
          [`after ${first}`, `after ${second}`].toSorted(),
        )
      },
    })
  })

  test('an inner task called by a task and by the flow is two calls', async () => {
    const inner = task({ name: 'inner' }, async (n: number) => {
      await turns(1)
      effects.happen(`inner ${run.key}`)
      return n * 10
    })
    const outer = task({ name: 'outer' }, async (n: number) => (await inner(n)) + 1)
    const both = flow({ name: 'both' }, async () => {
      const [x, y] = await Promise.all([outer(1), inner(1)])
      return [x, y, await inner(1)]
    })
    await survivesEveryCrash(both, [11, 10, 10], { inFlight: 2, depth: 2 })
  })

  test('children, maps, retries and loops give the right answer', async () => {
    const flaky = task({ name: 'flaky', retries: 2 }, async (n: number) => {
      await turns(n)
      effects.happen(`flaky ${run.key} ${run.attempt}`)
      if (run.attempt < 2 && n === 2) throw new Error('not yet')
      return n
    })
    const sum = task({ name: 'sum' }, (numbers: readonly number[]) => {
      effects.happen(`sum ${run.key}`)
      return numbers.reduce((a, b) => a + b, 0)
    })
    const month = flow({ name: 'month' }, async (p: { n: number }) => sum(flaky.map([1, 2, p.n])))
    const year = flow({ name: 'year' }, async () => {
      let total = 0
      for (const n of [3, 4]) total += await month({ n })
      await sleep('1ms')
      return [total, ...(await Promise.all([month({ n: 3 }), flaky(2)]))]
    })
    await survivesEveryCrash(year, [13, 6, 2], { inFlight: 6 })
  }, 60_000)

  test('a retried task reuses what its earlier attempt finished', async () => {
    const step = task({ name: 'step' }, async (n: number) => {
      await turns(1)
      effects.happen(`step ${n}`)
      return n
    })
    const outer = task({ name: 'outer', retries: 1 }, async () => {
      const first = await step(1)
      if (run.attempt === 1) throw new Error('once')
      return first + (await step(2))
    })
    const retried = flow({ name: 'retried' }, async () => outer())
    await survivesEveryCrash(retried, 3, { depth: 2 })
    effects.reset()
    expect(await resumeAfterEveryTask(retried)).toMatchObject({ value: 3 })
    expect(Object.fromEntries(effects.counts)).toEqual({ 'step 1': 1, 'step 2': 1 })
  })

  test('a caught failure leads to the same branch again', async () => {
    const fails = task({ name: 'fails' }, async () => {
      effects.happen('fails')
      throw new TypeError('no such column')
    })
    const fallback = task({ name: 'fallback' }, async () => {
      await turns(1)
      effects.happen('fallback')
      return 'fallback'
    })
    const careful = flow({ name: 'careful' }, async () => {
      try {
        return await fails()
      } catch (error) {
        return [error instanceof TypeError, await fallback()]
      }
    })
    await survivesEveryCrash(careful, [true, 'fallback'], { depth: 2 })
  })

  test('a flow that fails fails with the same error, and its effects happen once', async () => {
    const fails = task({ name: 'fails', retries: 1 }, async () => {
      effects.happen(`fails ${run.attempt}`)
      throw new RangeError('out of range')
    })
    await survivesEveryCrash(
      flow({ name: 'failing' }, async () => fails()),
      new RangeError('out of range'),
    )
  })

  test('run.random and run.now repeat', async () => {
    const drawn = new Set<string>()
    const draw = task({ name: 'draw' }, async (x: number) => {
      drawn.add(x.toFixed(12))
      return x
    })
    const random = flow({ name: 'random' }, async () => {
      const start = run.now.getTime()
      await draw(run.random())
      await draw(run.random())
      return start === run.now.getTime()
    })
    await enumerateCrashes({
      flow: random,
      reset: () => drawn.clear(),
      check: ({ outcome }) => {
        expect(outcome).toEqual({ status: 'fulfilled', value: true })
        expect(drawn.size).toBe(2)
      },
    })
  })
})
