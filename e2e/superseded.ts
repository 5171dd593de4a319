import type { Store } from '@sluice/store'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { type Place, startScript, startSluice } from './spawn.ts'

/** A process is stopped, its run is taken over and finished by another, and then it wakes up in the middle of its task. */
export async function wakeTheLateOwner(place: Place): Promise<void> {
  const gate = path.join(place.dir, 'gate')
  const late = startScript('handover', place, { env: { GATE: gate } })
  await late.said('second has begun')
  late.signal('SIGSTOP')
  await using store = await place.open()
  const id = await holdForDead(store)
  writeFileSync(gate, '')
  const successor = await startSluice(['runs', 'retry', id], place, { env: { GATE: gate } }).ended
  expect(successor.code, successor.stderr).toBe(0)
  const finished = await snapshot(store, id)
  late.signal('SIGCONT')
  const end = await late.ended
  expect(end.code, end.stderr).toBe(1)
  expect(end.stderr).toContain('RUN_FENCED')
  expect(end.stdout).not.toContain('result')
  expect(await snapshot(store, id), 'the late owner changed nothing').toEqual(finished)
  expect(readFileSync(place.env['EFFECTS'] ?? '', 'utf8')).toBe('first\nthird\n')
}

/** What a supervisor on another machine does: from this one the stopped process does not look dead. */
async function holdForDead(store: Store): Promise<string> {
  const [run] = (await store.listRuns({ limit: 1 })).items
  if (!run) throw new Error('no run was recorded')
  await store.markCrashed({ id: run.id, expectedEpoch: run.epoch, at: run.createdAt + 1, message: 'held for dead' })
  return run.id
}

async function snapshot(store: Store, id: string): Promise<unknown> {
  const { items: tasks } = await store.listTaskRuns({ rootId: id, limit: 100 })
  return { run: await store.getRun(id), tasks }
}
