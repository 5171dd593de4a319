import { describe, expect, test } from 'vitest'
import { openStore } from '../open-store.ts'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { rootRun } from './records.testsuite.ts'
import { inProcesses } from './processes.testsuite.ts'

/** Opening, migrating, closing. */
export function openingSuite(harness: StoreHarness): void {
  describe('opening', () => {
    test('what one store wrote another reads, also after it was closed', async () => {
      await using database = await harness.createEmpty()
      const first = await database.open()
      expect(first.kind).toBe(harness.kind)
      const run = rootRun()
      await first.createRun(run)
      await using second = await database.open()
      expect((await second.getRun(run.id))?.id).toBe(run.id)
      await first.close()
      await first.close()
      expect((await second.getRun(run.id))?.id).toBe(run.id)
    })

    test('a closed store says that it does not answer', async () => {
      await using database = await harness.createEmpty()
      const store = await database.open()
      await store.close()
      await expectCode(store.getRun(rootRun().id), 'STORE_UNAVAILABLE')
      await expectCode(store.createRun(rootRun()), 'STORE_UNAVAILABLE')
    })

    test('twenty processes may open a new database at once', async () => {
      await using database = await harness.createEmpty()
      const outputs = await inProcesses(20, 'open-and-create.testsuite.ts', [database.target])
      await using store = await database.open()
      const listed = (await store.listRuns({ limit: 50 })).items.map((run) => run.id)
      expect(listed.toSorted()).toEqual(outputs.map((output) => output.trim()).toSorted())
    }, 120_000)

    test('a database that only newer code may use is refused', async () => {
      await using database = await harness.createEmpty()
      await (await database.open()).close()
      const step = (version: number, readableFrom: number) =>
        database.execute(`insert into sluice_migration (version, name, readable_from, applied_at)
          values (${version}, 'later', ${readableFrom}, 0)`)
      await step(1001, 1)
      await (await database.open()).close()
      await step(1002, 1002)
      await expectCode(database.open(), 'STORE_TOO_NEW')
      await expectCode(database.open({ readOnly: true }), 'STORE_TOO_NEW')
    })

    test('a store opened for reading reads and refuses to write', async () => {
      await using database = await harness.createEmpty()
      await using writer = await database.open()
      const run = rootRun()
      await writer.createRun(run)
      await using reader = await database.open({ readOnly: true })
      expect((await reader.getRun(run.id))?.id).toBe(run.id)
      await expectCode(reader.createRun(rootRun()), 'STORE_READ_ONLY')
      await expectCode(reader.markCrashed({ id: run.id, expectedEpoch: 1, at: 1, message: '' }), 'STORE_READ_ONLY')
      await expectCode(reader.appendJournal({ rootId: run.id, epoch: 1, first: 1, entries: [] }), 'STORE_READ_ONLY')
    })

    test('an option that does not exist is refused', async () => {
      await using database = await harness.createEmpty()
      await expectCode(openStore(database.target, { readonly: true } as never), 'OPTION_UNKNOWN')
    })
  })
}
