import { CrashingStore, testHome } from '@sluice/testing'
import type { RunRecord, Store } from '@sluice/store'
import { beforeEach, expect, test } from 'vitest'
import { continueRun, flow, type OpenHome, startRun, task } from '../index.ts'

const reporter = { event: () => undefined }
const calls: string[] = []
const extract = task({ name: 'extract' }, async () => calls.push('extract'))
const load = task({ name: 'load' }, async () => calls.push('load'))
const etl = flow({ name: 'etl' }, async () => {
  await extract()
  await load()
  return 'done'
})

beforeEach(() => {
  calls.length = 0
})

async function newest(store: Store): Promise<RunRecord> {
  const { items } = await store.listRuns({ limit: 1 })
  const run = items[0] && (await store.getRun(items[0].id))
  if (!run) throw new Error('no run was recorded')
  return run
}

/** A run whose process died after its first task, on a machine that is not this one. */
async function runOfAnotherMachine(home: OpenHome): Promise<RunRecord> {
  const crashing = new CrashingStore(home.store, { at: 2, mode: 'after' })
  await startRun(etl, undefined, { home: { ...home, store: crashing.store }, reporter }).settled()
  const run = await newest(home.store)
  if (!run.owner) throw new Error('the run has no owner')
  return { ...run, owner: { ...run.owner, host: 'elsewhere' } }
}

test('a run whose process cannot be seen from here is not taken over by accident', async () => {
  await using home = await testHome()
  const run = await runOfAnotherMachine(home)
  await expect(continueRun({ home, run, flow: etl, mode: 'resume', reporter })).rejects.toMatchObject({
    code: 'RUN_STILL_OWNED',
  })
})

test('with force it is, and goes on from its checkpoints', async () => {
  await using home = await testHome()
  const run = await runOfAnotherMachine(home)
  expect(await continueRun({ home, run, flow: etl, mode: 'resume', force: true, reporter })).toBe('done')
  expect(calls).toEqual(['extract', 'load'])
  expect((await newest(home.store)).epoch).toBe(2)
})

test('force does not take a run from a process that lives', async () => {
  await using home = await testHome()
  const { owner: elsewhere, ...run } = await runOfAnotherMachine(home)
  const alive = { ...run, owner: elsewhere && { ...elsewhere, host: (await newest(home.store)).owner?.host ?? '' } }
  await expect(
    continueRun({ home, run: alive, flow: etl, mode: 'resume', force: true, reporter }),
  ).rejects.toMatchObject({ code: 'RUN_STILL_OWNED' })
})

test('a completed run goes on from a task that is named, and only then', async () => {
  await using home = await testHome()
  await startRun(etl, undefined, { home, reporter })
  const run = await newest(home.store)
  await expect(continueRun({ home, run, flow: etl, mode: 'retry', reporter })).rejects.toMatchObject({
    code: 'RUN_NOT_RETRYABLE',
  })
  await continueRun({ home, run, flow: etl, mode: 'retry', from: 'load', reporter })
  expect(calls).toEqual(['extract', 'load', 'load'])
})

test('a task that the run has not called is named in the error, with the nearest that it has', async () => {
  await using home = await testHome()
  await startRun(etl, undefined, { home, reporter })
  const run = await newest(home.store)
  await expect(continueRun({ home, run, flow: etl, mode: 'retry', from: 'loads', reporter })).rejects.toThrow(
    /did you mean 'load'/,
  )
})

test('a flow that has used up its retries has them again when it is retried by hand', async () => {
  await using home = await testHome()
  let tries = 0
  const stubborn = flow({ name: 'stubborn', retries: 1 }, async () => {
    if (++tries < 4) throw new Error(`try ${tries}`)
    return tries
  })
  await expect(startRun(stubborn, undefined, { home, reporter })).rejects.toThrow('try 2')
  const run = await newest(home.store)
  expect(await continueRun({ home, run, flow: stubborn, mode: 'retry', reporter })).toBe(4)
  expect((await newest(home.store)).attempt).toBe(4)
})
