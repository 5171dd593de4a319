import { canonicalize } from '@sluice/core'
import { CrashingStore, testHome } from '@sluice/testing'
import { expect, test } from 'vitest'
import { continueRun, flow, startRun, task } from '../index.ts'
import { contentReference, originOf } from './provenance.ts'

const reporter = { event: () => undefined }

test('a large result goes into the keys of later calls as its content hash, live and after a resume', async () => {
  await using home = await testHome()
  const references: (string | undefined)[] = []
  const used: number[] = []
  const make = task({ name: 'make' }, async () => Array.from({ length: 20_000 }, (_, i) => `row ${i}`))
  const use = task({ name: 'use' }, async (rows: readonly string[]) => used.push(rows.length))
  const body = flow({ name: 'body' }, async () => {
    const rows = await make()
    references.push(originOf(rows)?.ref)
    // What the key is made of: the hash, not the rows.
    expect(canonicalize([rows], { reference: contentReference }).length).toBeLessThan(200)
    await use(rows)
  })
  // The process dies when `use` is recorded: the run is created, `make` committed, `use` committed.
  const crashing = new CrashingStore(home.store, { at: 3, mode: 'after' })
  await startRun(body, undefined, { home: { ...home, store: crashing.store }, reporter }).settled()
  const { items } = await home.store.listRuns({ limit: 1 })
  const id = items[0]?.id ?? ''
  await home.store.markCrashed({ id, expectedEpoch: 1, at: 1, message: 'killed' })
  const run = await home.store.getRun(id)
  if (!run) throw new Error('the run is gone')
  await continueRun({ home, run, flow: body, mode: 'resume', reporter })

  const { items: rows } = await home.store.listTaskRuns({ rootId: id, limit: 10 })
  const stored = rows.find((row) => row.name === 'make')?.result
  expect(references).toEqual([stored && 'ref' in stored ? stored.ref : 'inline', references[0]])
  expect(used, 'the key of the resumed call is the same').toEqual([20_000])
})
