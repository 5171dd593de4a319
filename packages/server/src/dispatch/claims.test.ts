import { SluiceError } from '@sluice/core'
import type { RunRecord, WorkerClaim } from '@sluice/store'
import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import { gate } from '../testing/gate.testsupport.ts'
import { testClock, type TestClock } from '../testing/test-clock.testsupport.ts'
import { type Claims, createClaims } from './claims.ts'

interface Fixture {
  readonly clock: TestClock
  readonly claims: Claims
  /** Request ids, in the order in which the store was asked. */
  readonly asked: string[]
  /** Runs in the queue of the fake store. */
  readonly queue: string[]
  /** Replaces the answer of the fake store. */
  answer: (claim: WorkerClaim) => Promise<readonly RunRecord[]>
  readonly wait: (requestId: string, options?: WaitOptions) => Promise<readonly string[]>
}

interface WaitOptions {
  readonly max?: number
  readonly waitMs?: number
  readonly signal?: AbortSignal
  readonly queues?: readonly string[]
}

function fixture(): Fixture {
  const clock = testClock()
  const asked: string[] = []
  const queue: string[] = []
  const made: Fixture = {
    clock,
    asked,
    queue,
    claims: createClaims({ claimRuns: (claim) => made.answer(claim) }, clock),
    answer: async ({ requestId, max }) => {
      asked.push(requestId)
      return queue.splice(0, max).map((id) => ({ id }) as RunRecord)
    },
    wait: async (requestId, { max = 1, waitMs = 20_000, signal = new AbortController().signal, queues = [] } = {}) => {
      const claim = { workerId: 'worker', requestId, max }
      const { runs } = await made.claims.claim({ pool: 'default', queues }, claim, { waitMs, signal })
      return runs.map(({ id }) => id)
    },
  }
  return made
}

describe('waiting workers', () => {
  test('are given what is there at once', async () => {
    const { queue, wait } = fixture()
    queue.push('a', 'b', 'c')
    expect(await wait('one', { max: 2 })).toEqual(['a', 'b'])
  })

  test('are served in the order in which they came, as soon as something is there', async () => {
    const { queue, wait, claims } = fixture()
    const given: string[] = []
    const all = ['one', 'two', 'three'].map(async (id) => given.push(`${id}:${(await wait(id)).join()}`))
    await settleTurns()
    queue.push('a', 'b')
    claims.wake('default')
    await settleTurns()
    expect(given).toEqual(['one:a', 'two:b'])
    queue.push('c')
    claims.wake('default')
    await Promise.all(all)
    expect(given.at(-1)).toBe('three:c')
  })

  test('cost an empty queue one question, however many they are', async () => {
    const { asked, wait, claims, clock } = fixture()
    const all = Array.from({ length: 50 }, (_, index) => wait(String(index)))
    await settleTurns()
    asked.length = 0
    claims.wake('default')
    await settleTurns()
    expect(asked).toEqual(['0'])
    await clock.advance(20_000)
    expect((await Promise.all(all)).flat()).toEqual([])
  })

  test('look again when something came while the queue was looked at', async () => {
    const made = fixture()
    const first = gate()
    const { answer } = made
    made.answer = async () => {
      await first.passed
      made.answer = answer
      made.asked.push('empty')
      return []
    }
    const waiting = made.wait('one')
    await settleTurns()
    made.queue.push('a')
    made.claims.wake('default')
    first.open()
    expect(await waiting).toEqual(['a'])
  })

  test('of other pools are not woken', async () => {
    const { asked, wait, claims, clock } = fixture()
    const waiting = wait('one')
    await settleTurns()
    asked.length = 0
    claims.wake('other')
    await settleTurns()
    expect(asked).toEqual([])
    claims.wake(undefined)
    await settleTurns()
    expect(asked).toEqual(['one'])
    await clock.advance(20_000)
    await waiting
  })

  test('with other queues do not stand in each other’s way', async () => {
    const made = fixture()
    made.answer = async ({ requestId }) => (requestId === 'b' ? [{ id: 'run' } as RunRecord] : [])
    const first = made.wait('a', { queues: ['slow'], waitMs: 10 })
    expect(await made.wait('b', { queues: ['fast'] })).toEqual(['run'])
    await made.clock.advance(10)
    expect(await first).toEqual([])
  })

  test('whose connection is gone are given nothing', async () => {
    const { queue, wait, claims, asked } = fixture()
    const gone = new AbortController()
    const lost = wait('lost', { signal: gone.signal })
    const next = wait('next')
    await settleTurns()
    gone.abort()
    asked.length = 0
    queue.push('a')
    claims.wake('default')
    expect(await next).toEqual(['a'])
    expect(await lost).toEqual([])
    expect(asked).toEqual(['next'])
  })

  test('that ask again, because an answer was lost, are answered before those who wait', async () => {
    const made = fixture()
    const waiting = made.wait('other')
    await settleTurns()
    const { answer } = made
    made.answer = async (claim) => (claim.requestId === 'again' ? [{ id: 'mine' } as RunRecord] : answer(claim))
    expect(await made.wait('again')).toEqual(['mine'])
    await made.clock.advance(20_000)
    expect(await waiting).toEqual([])
  })

  test('that ask again while they still wait leave the place to the new question', async () => {
    const { wait, claims, queue } = fixture()
    const first = wait('same')
    await settleTurns()
    const second = wait('same')
    expect(await first).toEqual([])
    queue.push('a')
    claims.wake('default')
    expect(await second).toEqual(['a'])
  })

  test('get what a look finds that began before their time was up', async () => {
    const made = fixture()
    const look = gate<readonly RunRecord[]>()
    made.answer = () => look.passed
    const waiting = made.wait('one', { waitMs: 0 })
    await made.clock.advance(100)
    look.open([{ id: 'a' } as RunRecord])
    expect(await waiting).toEqual(['a'])
  })

  test('learn that they are not known, and the others go on', async () => {
    const made = fixture()
    const { answer } = made
    made.answer = async (claim) => {
      if (claim.requestId === 'unknown') throw new SluiceError('WORKER_NOT_FOUND')
      return answer(claim)
    }
    const other = made.wait('other')
    await expect(made.wait('unknown')).rejects.toMatchObject({ code: 'WORKER_NOT_FOUND' })
    made.queue.push('a')
    made.claims.wake('default')
    expect(await other).toEqual(['a'])
  })

  test('are answered at once when the server stops', async () => {
    const { wait, claims } = fixture()
    const waiting = [wait('one'), wait('two')]
    await settleTurns()
    claims.stop()
    expect(await Promise.all(waiting)).toEqual([[], []])
    expect(await wait('three')).toEqual([])
    expect(claims.waiting).toBe(false)
  })
})
