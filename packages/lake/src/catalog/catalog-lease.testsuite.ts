import { writerFenceId } from '@sluice/store'
import { describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import type { LakeCatalog, TableLease } from './lake-catalog.ts'
import type { CatalogHarness } from './lake-catalog.testsuite.ts'
import { appending, createTable, creation } from './test-table.testsupport.ts'

/** What every catalogue promises of leases. */
export function leaseSuite(harness: CatalogHarness): void {
  describe('the lease of a table', () => {
    test('goes round in the order in which it was asked for, with a higher epoch each time', async () => {
      await using lake = await harness.create()
      const other = await lake.open()
      const first = await lake.catalog.lease('bronze.trips')
      const order: string[] = []
      const next = async (name: string, catalog: LakeCatalog): Promise<number> => {
        await using lease = await catalog.lease('bronze.trips')
        order.push(name)
        return lease.epoch
      }
      const second = next('second', other.catalog)
      // Of another table: it waits for nobody.
      await using _free = await other.catalog.lease('bronze.zones')
      const third = next('third', lake.catalog)
      expect(order).toEqual([])
      await first[Symbol.asyncDispose]()
      const epochs = [first.epoch, await second, await third]
      expect(order.toSorted()).toEqual(['second', 'third'])
      expect(new Set(epochs).size).toBe(3)
      expect(Math.min(...epochs)).toBe(first.epoch)
    })

    test('is given up by who is told to stop waiting', async () => {
      await using lake = await harness.create()
      const first = await lake.catalog.lease('bronze.trips')
      const stop = new AbortController()
      const waiting = lake.catalog.lease('bronze.trips', { signal: stop.signal })
      const stopped = expect(waiting).rejects.toThrow('enough')
      stop.abort(new Error('enough'))
      await stopped
      await first[Symbol.asyncDispose]()
      await using _next: TableLease = await lake.catalog.lease('bronze.trips')
    })

    test('is a fence: what was planned under one that is another’s by now is refused, and nothing else', async () => {
      await using lake = await harness.create()
      const trips = await createTable(lake, 'bronze.trips')
      const before = await lake.catalog.lease('bronze.trips')
      await before[Symbol.asyncDispose]()
      await using now = await lake.catalog.lease('bronze.trips')
      const commit = async (id: string, lease?: number): Promise<unknown> =>
        lake.catalog.commit({
          id,
          tables: [{ ...(await appending(lake, trips, [id])), ...(lease !== undefined && { lease }) }],
        })
      const [late, held, free] = await Promise.allSettled([
        commit('late', before.epoch),
        commit('held', now.epoch),
        commit('free'),
      ])
      expect(late).toMatchObject({ reason: { code: 'LAKE_COMMIT_CONFLICT' } })
      expect(held.status).toBe('fulfilled')
      expect(free.status).toBe('fulfilled')
      await expectCode(lake.catalog.lease('no name'), 'TABLE_NAME_INVALID')
    })
  })

  describe('a writer whose files are to be deleted', () => {
    const writer = (at: number): string => `0190${at}aaa-bbbb-7ccc`

    test('commits nothing any more, not even a new table; others do', async () => {
      await using lake = await harness.create()
      const trips = await createTable(lake, 'bronze.trips')
      await lake.catalog.commit({
        id: `${writer(1)}-9000-000000000001`,
        tables: [await appending(lake, trips, ['early'])],
      })
      await lake.catalog.commit({ id: writerFenceId(writer(1)), tables: [] })
      await lake.catalog.commit({ id: writerFenceId(writer(1)), tables: [] })
      const late = { id: `${writer(1)}-9000-000000000002`, tables: [await appending(lake, trips, ['late'])] }
      const refused = { code: 'LAKE_COMMIT_CONFLICT', details: { swept: true } }
      await expect(lake.catalog.commit(late)).rejects.toMatchObject(refused)
      const making = { id: `${writer(1)}-9000-000000000003`, tables: [creation(lake, 'bronze.zones')] }
      await expect(lake.catalog.commit(making)).rejects.toMatchObject(refused)
      expect(await lake.catalog.find('bronze.zones')).toBeUndefined()
      await lake.catalog.commit({ ...late, id: `${writer(2)}-9000-000000000002` })
      expect((await lake.catalog.find('bronze.trips'))?.version).toBe(3)
    })

    test('has committed before it is fenced, or not at all', async () => {
      await using lake = await harness.create()
      const trips = await createTable(lake, 'bronze.trips')
      const other = await lake.open()
      for (let at = 1; at <= 6; at++) {
        const before = (await lake.catalog.find('bronze.trips'))?.version
        const commit = { id: `${writer(at)}-9000-000000000001`, tables: [await appending(lake, trips, [`${at}`])] }
        const fenced = other.catalog
          .commit({ id: writerFenceId(writer(at)), tables: [] })
          .then(() => other.catalog.find('bronze.trips'))
        const [made, seen] = await Promise.allSettled([lake.catalog.commit(commit), fenced])
        if (seen.status !== 'fulfilled') throw seen.reason
        const after = (await lake.catalog.find('bronze.trips'))?.version
        // What the one who fenced saw is all that there ever is of the writer.
        expect([after, made.status === 'fulfilled'], `round ${at}`).toEqual([seen.value?.version, after !== before])
      }
    })
  })
}
