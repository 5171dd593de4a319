import { expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import { inProcess, inProcesses, startProcess } from '../suites/processes.testsuite.ts'
import { newId, owner, rootRun, t0 } from '../suites/records.testsuite.ts'
import { createDatabase } from './sqlite-harness.testsuite.ts'

test('a successor waits for a late owner in another process, and then sees its rows', async () => {
  await using database = createDatabase()
  await using store = await database.open()
  const run = rootRun()
  await store.createRun(run)
  const late = startProcess('hold-append.testsuite.ts', [database.target, run.id])
  await late.line('held')
  const paused = database.nextPause()
  const state = stateOf('Running', t0)
  const claiming = store.claimRun({ id: run.id, expectedEpoch: 1, owner, state, newAttempt: false, drop: [] })
  await paused
  late.process.stdin?.end('commit')
  expect((await claiming)?.journalSeq).toBe(1)
  expect((await store.loadCheckpoints(run.id)).tasks).toHaveLength(1)
  await late.ended()
})

test('a process that is killed leaves every batch it was told of, and no part of another', async () => {
  await using database = createDatabase()
  const runId = newId()
  const writer = startProcess('append-forever.testsuite.ts', [database.target, runId])
  await writer.line('kept 60')
  writer.process.kill('SIGKILL')
  await writer.ended()
  await using store = await database.open()
  const { tasks } = await store.loadCheckpoints(runId)
  expect(tasks.length).toBeGreaterThanOrEqual(60)
  expect(tasks.length % 3).toBe(0)
  expect(tasks.map((row) => row.seq)).toEqual(tasks.map((_, index) => index + 1))
  expect((await store.getRun(runId))?.journalSeq).toBe(tasks.length)
})

test('eight processes share one file', async () => {
  await using database = createDatabase()
  const runs = await inProcesses(8, 'append-many.testsuite.ts', [database.target])
  await using store = await database.open()
  for (const id of runs) {
    expect((await store.countTaskRuns(id)).total).toBe(100)
    expect((await store.listLogs({ rootId: id, limit: 100 })).items).toHaveLength(10)
  }
  expect(new Set(runs).size).toBe(8)
})

test('a script loads no driver before it opens a store, and never that of the other database', async () => {
  await using database = createDatabase()
  const told = await inProcess('loaded-modules.testsuite.ts', [database.target])
  expect(told.split('\n')).toEqual(['imported: ', 'opened: node:sqlite', ''])
})
