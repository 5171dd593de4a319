import type { Assignment, Registration } from '@sluice/api'
import { expect, test } from 'vitest'
import { Incarnation, type IncarnationOptions } from './incarnation.ts'
import type { Exit, LaunchedRun } from './launch/launcher.ts'
import { nextTurn, systemPlatform } from './platform.ts'
import type { ServerLink } from './server-link.ts'

/** A worker of `limit` places before a queue that never ends; runs and short pauses end when the test says so. */
async function busyWorker(limit: number): Promise<{
  /** How many runs each claim asked for. */
  readonly asked: readonly number[]
  readonly pauses: (() => void)[]
  readonly endRuns: (count: number) => Promise<void>
  readonly close: () => Promise<void>
}> {
  const asked: number[] = []
  const pauses: (() => void)[] = []
  const running: ((exit: Exit) => void)[] = []
  let runs = 0
  const link = {
    urls: [],
    register: async () => ({ leaseMs: 15_000, heartbeatMs: 5_000, protocol: 1 }),
    claim: async (_: string, { max }: { readonly max: number }, signal: AbortSignal) => {
      if (signal.aborted) throw signal.reason
      asked.push(max)
      return { runs: Array.from({ length: max }, () => assignment(++runs)), waitedMs: 0 }
    },
  } as unknown as ServerLink
  const worker = await Incarnation.register({
    link,
    limit,
    launcher: { launch: async () => launched(running), [Symbol.asyncDispose]: async () => undefined },
    platform: { ...systemPlatform, after: (ms, fn) => (ms < 100 && pauses.push(fn), () => undefined) },
    log: () => undefined,
    startPulse: () => ({ changed: nothing, lessened: nothing, beatSoon: nothing, stop: nothing }),
    registration: {} as Registration,
    graceMs: 1,
    draining: new AbortController().signal,
  } satisfies IncarnationOptions)
  await settle()
  return {
    asked,
    pauses,
    async endRuns(count) {
      for (const end of running.splice(0, count)) end({ kind: 'ended', state: 'Completed' })
      await settle()
    },
    async close() {
      const closed = worker.close()
      for (const end of running) end({ kind: 'ended', state: 'Completed' })
      await closed
    },
  }
}

const nothing = (): void => undefined

function assignment(n: number): Assignment {
  return { run: { id: String(n), epoch: 1, flow: 'quick' }, jobVariables: {} } as Assignment
}

function launched(running: ((exit: Exit) => void)[]): LaunchedRun {
  const { promise, resolve } = Promise.withResolvers<Exit>()
  running.push(resolve)
  return { exited: promise, lease: nothing, cancel: nothing, terminate: nothing, kill: nothing }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => nextTurn(resolve))
}

test('a worker whose places become free one by one claims for several at once', async () => {
  const worker = await busyWorker(8)
  expect(worker.asked).toEqual([8])
  await worker.endRuns(1)
  expect(worker.asked).toEqual([8, 1])
  await worker.endRuns(1)
  await worker.endRuns(1)
  expect(worker.asked).toEqual([8, 1])
  worker.pauses.splice(0).forEach((end) => end())
  await settle()
  expect(worker.asked).toEqual([8, 1, 2])
  await worker.close()
})

test('a worker with few places fills each at once', async () => {
  const worker = await busyWorker(2)
  await worker.endRuns(1)
  await worker.endRuns(1)
  expect(worker.asked).toEqual([2, 1, 1])
  await worker.close()
})
