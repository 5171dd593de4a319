import type { Assignment, ExitReport } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import { FakeClock, settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import type { Exit, LaunchedRun } from './launch/launcher.ts'
import type { WorkerPlatform } from './platform.ts'
import type { ServerLink } from './server-link.ts'
import { SupervisedRun } from './supervised-run.ts'

/** A run whose process does nothing by itself: the test ends it, and sees what it was told. */
function superviseFake(jobVariables: Assignment['jobVariables'] = {}, launch?: () => Promise<LaunchedRun>) {
  const clock = new FakeClock()
  const platform: WorkerPlatform = { ...clock, monotonic: () => clock.now() / 1000 }
  const told: string[] = []
  const reports: ExitReport[] = []
  const failures: Error[] = []
  const { promise: exited, resolve: exit } = Promise.withResolvers<Exit>()
  const launched: LaunchedRun = {
    exited,
    lease: (until) => told.push(`lease ${until - clock.now() / 1000}`),
    cancel: (reason) => told.push(`cancel: ${reason}`),
    terminate: () => told.push('terminate'),
    kill: (reason) => told.push(`kill: ${reason}`),
  }
  const link = {
    urls: [],
    reportExit: async (_worker: string, report: ExitReport) => {
      const failure = failures.shift()
      if (failure) throw failure
      reports.push(report)
      return 'requeued'
    },
  } as unknown as ServerLink
  const assignment = { run: { id: 'run-1', epoch: 2, flow: 'ingest' }, jobVariables } as unknown as Assignment
  const run = new SupervisedRun(assignment, {
    worker: 'w',
    link,
    launcher: { launch: launch ?? (async () => launched), [Symbol.asyncDispose]: async () => undefined },
    platform,
    log: () => undefined,
    graceMs: 30_000,
    leaseUntil: clock.now() / 1000 + 15_000,
    changed: () => undefined,
  })
  return { run, clock, told, reports, failures, exit }
}

const killed: Exit = { kind: 'died', reason: 'cancelled', message: 'ended', lastLines: ['last'], signal: 'SIGKILL' }

test('a cancelled run is told at once, asked to end after its grace, and made to 10 s later', async () => {
  const { run, clock, told, reports, exit } = superviseFake()
  await settleTurns()
  run.cancel('somebody asked for it')
  run.cancel('once more')
  expect(told.slice(1)).toEqual(['cancel: somebody asked for it'])
  await clock.advance(29_999)
  expect(told).not.toContain('terminate')
  await clock.advance(1)
  expect(told.at(-1)).toBe('terminate')
  await clock.advance(9_999)
  expect(told.at(-1)).toBe('terminate')
  await clock.advance(1)
  expect(told.at(-1)).toBe('kill: cancelled')
  exit(killed)
  await run.released
  expect(reports).toMatchObject([{ run: 'run-1', epoch: 2, reason: 'crashed', signal: 'SIGKILL', lastLines: ['last'] }])
  expect(clock.waiting).toEqual([])
})

test('what is told while it is being launched reaches it afterwards', async () => {
  const { promise, resolve } = Promise.withResolvers<LaunchedRun>()
  const { run, told } = superviseFake({}, () => promise)
  run.cancel('early')
  run.lease(5)
  run.kill('drained')
  const note = (text: string): void => void told.push(text)
  resolve({
    exited: new Promise(() => undefined),
    lease: (until) => note(`lease ${until}`),
    cancel: (reason) => note(`cancel: ${reason}`),
    terminate: () => undefined,
    kill: (reason) => note(`kill: ${reason}`),
  })
  await settleTurns()
  expect(told).toEqual(['lease 5', 'cancel: early', 'kill: drained'])
})

test('a run that is dropped has half a second to say that it has ended, and is not reported', async () => {
  const { run, clock, told, reports, exit } = superviseFake()
  await settleTurns()
  run.drop()
  await clock.advance(499)
  expect(told.some((line) => line.startsWith('kill'))).toBe(false)
  await clock.advance(1)
  expect(told.at(-1)).toBe('kill: lost')
  exit({ ...killed, reason: 'lost' })
  await run.released
  expect(reports).toEqual([])
})

test('a run whose end is journaled is not reported; one that lost its store is, and one that lost its epoch is not', async () => {
  for (const [exit, count] of [
    [{ kind: 'ended', state: 'Completed' }, 0],
    [{ kind: 'suspended' }, 0],
    [{ kind: 'lost', code: 'RUN_FENCED', message: 'x' }, 0],
    [{ kind: 'lost', code: 'JOURNAL_TIMEOUT', message: 'x' }, 1],
  ] as const) {
    const fake = superviseFake()
    fake.exit(exit)
    await fake.run.released
    expect(fake.reports, exit.kind).toHaveLength(count)
  }
})

test('a report is repeated until the server has it, and given up when the server does not know the worker', async () => {
  const fake = superviseFake()
  fake.failures.push(new SluiceError('SERVER_UNREACHABLE'), new SluiceError('INTERNAL'))
  fake.exit(killed)
  await fake.clock.advance(1_000)
  await fake.run.released
  expect(fake.reports).toHaveLength(1)
  const forgotten = superviseFake()
  forgotten.failures.push(new SluiceError('WORKER_NOT_FOUND'))
  forgotten.exit(killed)
  await forgotten.run.released
  expect(forgotten.reports).toEqual([])
})

test('a machine that cannot launch it says so: another one may', async () => {
  const fake = superviseFake({}, () => Promise.reject(new Error('no room')))
  await fake.run.released
  expect(fake.reports).toMatchObject([
    { reason: 'notHere', message: expect.stringMatching(/LAUNCH_FAILED.*no room/) as string },
  ])
})

test('a run is ended when its time limit is reached', async () => {
  const { run, clock, told, exit } = superviseFake({ timeLimit: '1m' })
  await settleTurns()
  expect(run.timeUpAt).toBe(clock.now() / 1000 + 60_000)
  await clock.advance(60_000)
  expect(told.at(-1)).toBe('kill: timedOut')
  exit({ ...killed, reason: 'timedOut' })
  await run.released
})
