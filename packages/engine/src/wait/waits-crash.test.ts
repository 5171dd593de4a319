import { type CrashEnd, enumerateCrashes } from '@sluice/testing'
import { openStore } from '@sluice/store'
import { beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type AnyFlow, flow, limit, pause, run, sleep, task, waitFor } from '../index.ts'
import { answeredAtTheEnd, answeringStore, type AnswerDelay, turns } from './answering-store.fixture.ts'

/** What happened outside, and how often. */
const effects = new Map<string, number>()
beforeEach(() => effects.clear())

const step = task({ name: 'step' }, async (name: string) => {
  await turns(1)
  effects.set(name, (effects.get(name) ?? 0) + 1)
  return name
})

const ask = (key: string): Promise<string> => pause({ key, input: z.string() })

const settings = { pollMs: 5 }

interface Scenario {
  readonly delay?: AnswerDelay
  readonly depth?: number
  readonly also?: (end: CrashEnd) => Promise<void>
}

/** Kills the flow at every write: it always comes to `expected`, and an effect happens again at most once per crash. */
async function always(made: object, expected: unknown, { delay = () => 0, depth = 1, also }: Scenario = {}) {
  const { cases, writes } = await enumerateCrashes({
    flow: made as AnyFlow,
    settings,
    depth,
    reset: () => effects.clear(),
    open: async () => answeringStore(await openStore(':memory:'), delay),
    check: async (end) => {
      const where = JSON.stringify(end.points)
      expect(end.outcome, where).toEqual({ status: 'fulfilled', value: expected })
      for (const [name, count] of effects) expect(count, `${where}: ${name}`).toBeLessThanOrEqual(1 + end.points.length)
      expect((await end.store.getRun(end.runId))?.nondeterministic, where).toBe(false)
      const { waits } = await end.store.loadCheckpoints(end.runId)
      expect(
        waits.filter((wait) => wait.status === 'open').map((wait) => wait.name),
        where,
      ).toEqual([])
      await also?.(end)
    },
  })
  expect(cases).toBeGreaterThan(writes)
}

describe('killed at every write, and answered', () => {
  const asks = flow({ name: 'asks' }, async () => {
    const first = await step(`${await ask('a')} answered`)
    const { payload } = await waitFor('came')
    await sleep('1ms')
    return [first, payload, await step(`${await ask('b')} answered`)]
  })

  test.each([0, 1, 2, 5, 20, 60])('%i turns after it was asked, a run comes to the same end', async (count) => {
    await always(asks, ['a answered', 'right', 'b answered'], { delay: () => count })
  })

  test.each([
    [0, 0],
    [0, 3],
    [3, 0],
    [8, 9],
  ])('two waits that race, answered after %i and %i turns, keep the winner that was followed up', async (b, c) => {
    const race = flow({ name: 'race' }, async () => {
      const winner = await Promise.race([ask('b'), ask('c')])
      const followed = await step(`after ${winner}`)
      return followed === `after ${winner}`
    })
    const followedUpOnce = async ({ points }: CrashEnd): Promise<void> =>
      expect([...effects.keys()], JSON.stringify(points)).toHaveLength(1)
    await always(race, true, { delay: ({ name }) => (name === 'b' ? b : c), depth: 2, also: followedUpOnce })
  })

  test('a wait that times out while others are answered does so for good', async () => {
    const timed = flow({ name: 'timed' }, async () => {
      const late = await pause({ key: 'late', timeout: '20ms' }).catch((error: Error & { code?: string }) => error.code)
      return [await step(`late: ${String(late)}`), await ask('a')]
    })
    await always(timed, ['late: WAIT_TIMEOUT', 'a'], { delay: ({ name }) => (name === 'late' ? 'never' : 1) })
  })

  test.each([0, 5])(
    'a timeout that meets an answer after %i turns: whichever was first is the outcome, and who answered knows it',
    async (count) => {
      const timed = flow({ name: 'timed' }, async () =>
        step(String(await pause({ key: 'late', timeout: '5ms', default: 'timed out' }))),
      )
      let told: string | undefined
      const { cases, writes } = await enumerateCrashes({
        flow: timed,
        settings: { pollMs: 5 },
        depth: 2,
        reset: () => {
          effects.clear()
          told = undefined
        },
        // Answered right before the timeout is written, or some turns after that.
        open: async () => answeredAtTheEnd(await openStore(':memory:'), count, (outcome) => (told = outcome)),
        check: async ({ outcome, points, store, runId }) => {
          const where = JSON.stringify(points)
          const expected = told === 'answered' ? 'an answer' : 'timed out'
          expect(outcome, where).toEqual({ status: 'fulfilled', value: expected })
          expect([...effects.keys()], where).toEqual([expected])
          const { waits } = await store.loadCheckpoints(runId)
          expect(
            waits.map(({ status }) => status),
            where,
          ).toEqual([told === 'answered' ? 'done' : 'timedOut'])
        },
      })
      expect(cases).toBeGreaterThan(writes)
    },
    60_000,
  )

  test('waits of a child flow and of a retried flow are asked once', async () => {
    const child = flow({ name: 'child' }, async ({ key }: { key: string }) => step(`${await ask(key)} in a child`))
    const retried = flow({ name: 'retried', retries: 1 }, async () => {
      const asked = await ask('asked')
      if (run.attempt === 1) throw new Error('once')
      return [asked, ...(await Promise.all([child({ key: 'x' }), child({ key: 'y' })]))]
    })
    await always(retried, ['asked', 'x in a child', 'y in a child'], { delay: () => 2 })
  }, 60_000)
})

describe('killed at every write, what a flow starts', () => {
  const once =
    (name: string, many: number) =>
    async ({ store, points }: CrashEnd): Promise<void> => {
      const { items } = await store.listRuns({ limit: 100, flow: name })
      expect(items, JSON.stringify(points)).toHaveLength(many)
      expect(items.map((item) => item.state.name)).toEqual(items.map(() => 'Completed'))
    }

  test('is started once, goes on with it, and gives its result', async () => {
    const separate = flow({ name: 'separate' }, async ({ n }: { n: number }) => {
      await step(`first of ${n}`)
      return step(`second of ${n}`)
    })
    const starter = flow({ name: 'starter' }, async () => {
      const started = [separate.start({ n: 1 }), separate.start({ n: 2 })]
      await step('started')
      return Promise.all(started)
    })
    await always(starter, ['second of 1', 'second of 2'], { also: once('separate', 2) })
  }, 60_000)

  test('fails its starter again with the same error', async () => {
    const fails = flow({ name: 'fails' }, async () => {
      await step('before')
      throw new RangeError('out of range')
    })
    const starter = flow({ name: 'starter' }, async () => {
      const error = await fails
        .start()
        .result()
        .catch((thrown: Error) => thrown)
      return [error instanceof RangeError, await step('afterwards')]
    })
    await always(starter, [true, 'afterwards'])
  }, 60_000)
})

describe('killed at every write, named limits', () => {
  test('are all free in the end, and nobody waits for them', async () => {
    const limited = task({ name: 'limited', concurrency: { limit: 'crashes one', size: 1 } }, async (n: number) => {
      await using _ = await limit('crashes two', 2)
      return step(`limited ${n}`)
    })
    const body = flow({ name: 'limits' }, async () => {
      await using _ = await limit('crashes three', 1)
      return Promise.all([1, 2, 3].map((n) => limited(n)))
    })
    await always(body, ['limited 1', 'limited 2', 'limited 3'], {
      also: async ({ store, points }) => {
        const limits = await store.listLimits()
        expect(
          limits.map(({ name, held, waiting }) => [name, held, waiting]),
          JSON.stringify(points),
        ).toEqual([
          ['crashes one', 0, 0],
          ['crashes three', 0, 0],
          ['crashes two', 0, 0],
        ])
      },
    })
  }, 60_000)
})
