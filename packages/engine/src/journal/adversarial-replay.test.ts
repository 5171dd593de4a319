import { Secret } from '@sluice/core'
import { openStore } from '@sluice/store'
import { CrashingStore, testHome } from '@sluice/testing'
import { expect, test } from 'vitest'
import { continueRun, flow, startRun, task } from '../index.ts'

const silent = { event: () => undefined }

test('a checkpoint that cannot be read stops the run, not the process, and it can be continued once it can', async () => {
  const made: string[] = []
  const secret = task({ name: 'secret' }, async () => {
    made.push('secret')
    return { token: new Secret('the token of the test') }
  })
  const use = task({ name: 'use' }, async (token: Secret) => token.reveal().length)
  const sealed = flow({ name: 'sealed' }, async () => use((await secret()).token))
  await using store = await openStore(':memory:')
  await using home = await testHome({ store })
  const id = home.settings.platform.newId()
  const crashing = new CrashingStore(store, { at: 2, mode: 'after' })
  await startRun(sealed, undefined, { home: { ...home, store: crashing.store }, id, reporter: silent }).settled()
  const crash = async (): Promise<NonNullable<Awaited<ReturnType<typeof store.getRun>>>> => {
    const run = await store.getRun(id)
    if (!run) throw new Error('no run')
    await store.markCrashed({ id, expectedEpoch: run.epoch, at: run.createdAt + 1, message: 'died' })
    return (await store.getRun(id)) ?? run
  }
  // A home of its own makes a key of its own.
  await using stranger = await testHome({ store })
  const lost = await continueRun({
    home: stranger,
    run: await crash(),
    flow: sealed,
    mode: 'resume',
    reporter: silent,
  }).settled()
  expect(lost).toMatchObject({ status: 'rejected', reason: { code: 'SECRET_UNREADABLE' } })
  expect((await store.getRun(id))?.state.name).toBe('Crashed')
  expect(await continueRun({ home, run: await crash(), flow: sealed, mode: 'resume', reporter: silent })).toBe(21)
  expect(made).toEqual(['secret'])
})
