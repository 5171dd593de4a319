import { executeRun, flow, type OpenHome, openHome, run, startRun } from '@sluice/engine'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cursor } from '../ingest/cursor/cursor.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { lakeOf } from './open-lake.ts'
import { table } from './table.ts'

let directory: string
let home: OpenHome
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-window-'))
  home = await openHome({ home: path.join(directory, '.sluice') })
})
afterAll(async () => {
  await (await lakeOf(home))[Symbol.asyncDispose]()
  await home.close()
  await rm(directory, { recursive: true, force: true })
})

const hours = table('bronze.hours')
const day = (n: number): Date => new Date(Date.UTC(2026, 0, n))
const source = Array.from({ length: 72 }, (_, hour) => ({ hour, at: new Date(day(1).getTime() + hour * 3_600_000) }))
const loaded: object[] = []
const load = flow({ name: 'load-interval' }, async () => {
  const { rows, repeated, loadId } = await hours.append(source, { cursor: cursor('at', { window: 'interval' }) })
  loaded.push({ rows, repeated, loadId })
})

/** As a backfill makes it. */
async function runOf(n: number): Promise<unknown> {
  let id = ''
  await startRun(
    flow({ name: 'made' }, () => void (id = run.id)),
    undefined,
    { home },
  )
  const record = await home.store.getRun(id)
  const fresh = randomUUID()
  const made = { ...record, id: fresh, rootId: fresh, epoch: 1, journalSeq: 0, startedAt: null, endedAt: null }
  const origin = { interval: { start: day(n).getTime() * 1000, end: day(n + 1).getTime() * 1000 } }
  const pending = { ...made, origin, state: { ...record?.state, type: 'pending', name: 'Pending' } } as never
  await home.store.createRun(pending)
  const end = await executeRun({ home, flow: load, run: pending }).end
  return end.kind === 'ended' && end.outcome.ok
}

test('a run of a backfill loads its interval, once however often the interval is run', async () => {
  expect([await runOf(2), await runOf(1), await runOf(2)]).toEqual([true, true, true])
  expect(loaded).toMatchObject([
    { rows: 24, repeated: false, loadId: 'window:at:2026-01-02T00:00:00.000Z/2026-01-03T00:00:00.000Z' },
    { rows: 24, repeated: false },
    { rows: 24, repeated: true },
  ])
  await startRun(
    flow({ name: 'count' }, async () => {
      const found: unknown[] = []
      for await (const { hour } of hours.rows()) found.push(hour)
      expect(found.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 48 }, (_, hour) => hour))
    }),
    undefined,
    { home },
  )
})

test('a run without an interval is told how to have one', async () => {
  await expectCode(startRun(load, undefined, { home }), 'OPTION_INVALID')
})
