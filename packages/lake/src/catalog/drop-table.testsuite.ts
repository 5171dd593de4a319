import { describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import type { CatalogHarness } from './lake-catalog.testsuite.ts'
import { appendRows, createTable, readRows } from './test-table.testsupport.ts'

/** What every catalogue promises of tables that are dropped. */
export function dropSuite(harness: CatalogHarness): void {
  describe('a table that is dropped', () => {
    test('is gone for everybody, and its name is free', async () => {
      await using lake = await harness.create()
      const first = await createTable(lake, 'a.b')
      await appendRows(lake, first, ['1'])
      const other = await lake.open()
      expect(await lake.catalog.drop('a.b')).toMatchObject({ id: first.id, directory: first.directory, version: 2 })
      expect(await other.catalog.find('a.b')).toBeUndefined()
      expect(await other.catalog.list()).toEqual([])
      await expectCode(appendRows(other, first, ['2']), 'TABLE_NOT_FOUND')
      const second = await createTable(other, 'a.b')
      expect(second.directory).not.toBe(first.directory)
      await appendRows(lake, second, ['3'])
      expect(await readRows(other, 'a.b')).toEqual(['3'])
    })

    test('was there: nothing else can be dropped', async () => {
      await using lake = await harness.create()
      await expectCode(lake.catalog.drop('a.b'), 'TABLE_NOT_FOUND')
      await expectCode(lake.catalog.drop('a'), 'TABLE_NAME_INVALID')
      await createTable(lake, 'a.b')
      await lake.catalog.drop('a.b')
      await expectCode(lake.catalog.drop('a.b'), 'TABLE_NOT_FOUND')
    })

    test('goes while others write to it: all of them hear of it', async () => {
      await using lake = await harness.create()
      const table = await createTable(lake, 'a.b')
      const other = await lake.open()
      const rows = Array.from({ length: 8 }, (_, at) => String(at))
      const writes = rows.map((row) => appendRows(other, table, [row]))
      const [, ...ended] = await Promise.allSettled([lake.catalog.drop('a.b'), ...writes])
      expect(await lake.catalog.find('a.b')).toBeUndefined()
      for (const end of ended)
        if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'TABLE_NOT_FOUND' })
    })
  })
}
