import type { Assignment, Claimed, Registration } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import { FakeClock, settleTurns } from '@sluice/testing'
import { afterEach, expect, test } from 'vitest'
import type { HeartbeatNews, HeartbeatOptions } from './heartbeats.ts'
import { Incarnation } from './incarnation.ts'
import type { Exit } from './launch/launcher.ts'
import type { ServerLink } from './server-link.ts'

const clean: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const each of clean.splice(0)) await each()
})

/** A worker with a lease of four seconds, whose claims and heartbeats are answered when the test says so. */
async function waitingWorker() {
  const clock = new FakeClock(0)
  const claims: PromiseWithResolvers<Claimed>[] = []
  const leases: number[] = []
  let tell: HeartbeatOptions['on'] = nothing
  let beats = 0
  const exited = Promise.withResolvers<Exit>()
  const draining = new AbortController()
  const worker = await Incarnation.register({
    link: {
      urls: [],
      register: async () => ({ leaseMs: 4_000, heartbeatMs: 1_000, protocol: 1 }),
      claim: (_: string, __: unknown, signal: AbortSignal) => {
        const claim = Promise.withResolvers<Claimed>()
        signal.addEventListener('abort', () => claim.reject(signal.reason as Error))
        claims.push(claim)
        return claim.promise
      },
    } as unknown as ServerLink,
    limit: 2,
    launcher: {
      launch: async (_, { leaseUntil }) => {
        leases.push(leaseUntil)
        const lease = (until: number): void => void leases.push(until)
        return { exited: exited.promise, lease, cancel: nothing, terminate: nothing, kill: nothing }
      },
      [Symbol.asyncDispose]: async () => undefined,
    },
    platform: { ...clock, monotonic: () => clock.now() / 1000 },
    log: nothing,
    startPulse: ({ on }) => {
      tell = on
      return { changed: nothing, lessened: nothing, beatSoon: () => beats++, stop: nothing }
    },
    registration: {} as Registration,
    graceMs: 1,
    draining: draining.signal,
  })
  clean.push(async () => {
    draining.abort()
    exited.resolve({ kind: 'ended', state: 'Completed' })
    await worker.close()
  })
  const renewed = (leaseUntil: number, listed: readonly { id: string; epoch: number }[]): HeartbeatNews => {
    return { kind: 'renewed', leaseUntil, listed, answer: { leaseMs: 4_000, drop: [], cancelling: [] } }
  }
  return {
    clock,
    leases,
    get beats() {
      return beats
    },
    async hear(leaseUntil: number, listed: readonly { id: string; epoch: number }[] = []) {
      tell(renewed(leaseUntil, listed))
      await settleTurns()
    },
    async answerClaim(waitedMs: number) {
      claims.at(-1)?.resolve({ runs: [assignment], waitedMs })
      await settleTurns()
    },
    async loseClaim() {
      claims.at(-1)?.reject(new SluiceError('SERVER_UNREACHABLE'))
      await clock.advance(1_000)
    },
  }
}

const nothing = (): void => undefined
const assignment = { run: { id: 'r', epoch: 2, flow: 'quick' }, jobVariables: {} } as unknown as Assignment

test('runs of a late answer have the lease that was known when they were given, until a heartbeat lists them', async () => {
  const worker = await waitingWorker()
  await worker.clock.advance(3_000)
  await worker.hear(7_000)
  await worker.clock.advance(2_000)
  // Given at the latest 100 ms after the claim was sent: since then the lease may have passed, and the run with it.
  await worker.answerClaim(100)
  expect(new Set(worker.leases)).toEqual(new Set([4_000]))
  expect(worker.beats).toBe(1)
  // This one was sent before the run was here.
  await worker.hear(9_000)
  expect(worker.leases.at(-1)).toBe(4_000)
  await worker.hear(9_500, [{ id: 'r', epoch: 2 }])
  expect(worker.leases.at(-1)).toBe(9_500)
})

test('a claim that waited long gives the lease of that time at once', async () => {
  const worker = await waitingWorker()
  await worker.clock.advance(3_000)
  await worker.hear(7_000)
  await worker.clock.advance(1_000)
  await worker.answerClaim(3_500)
  expect(new Set(worker.leases)).toEqual(new Set([7_000]))
  expect(worker.beats).toBe(0)
})

test('a claim that was repeated may have been answered at its first sending', async () => {
  const worker = await waitingWorker()
  await worker.loseClaim()
  await worker.hear(5_000)
  await worker.clock.advance(3_500)
  await worker.answerClaim(3_000)
  expect(new Set(worker.leases)).toEqual(new Set([4_000]))
})
