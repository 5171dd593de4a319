import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import type { CatalogHarness } from './lake-catalog.testsuite.ts'
import { createTable, creation } from './test-table.testsupport.ts'

/** What people find in a catalogue by its words, and the views that they keep in it. */
export function searchSuite(harness: CatalogHarness): void {
  describe('search', () => {
    test('finds what has all words: by name first, then by columns, then by what is said, page by page', async () => {
      await using lake = await harness.create()
      await createTable(lake, 'bronze.fares')
      for (const [name, comment] of [
        ['gold.revenue', 'Fares per month\nof the Riders'],
        ['bronze.ids', 'all of them'],
      ] as const) {
        const made = creation(lake, name)
        const said = {
          action: 'set-properties',
          updates: { comment, owner: 'Ada', 'sluice.tags': '["money"]' },
        } as const
        await lake.catalog.commit({ id: randomUUID(), tables: [{ ...made, updates: [...made.updates, said] }] })
      }
      await lake.catalog.putView({
        name: 'gold.ids',
        query: 'select id from gold.revenue',
        description: 'Fares of ids',
      })
      const found = async (text: string): Promise<string[]> =>
        (await lake.catalog.search({ text })).items.map(({ kind, name }) => `${kind} ${name}`)
      expect(await found('FARES')).toEqual(['table bronze.fares', 'view gold.ids', 'table gold.revenue'])
      // By column: the one that is called so comes first.
      expect(await found('id')).toEqual([
        'table bronze.ids',
        'view gold.ids',
        'table bronze.fares',
        'table gold.revenue',
      ])
      expect(await found('ada money riders month')).toEqual(['table gold.revenue'])
      expect(await found('fares nothing')).toEqual([])
      expect(await found('%')).toEqual([])
      const first = await lake.catalog.search({ text: 'fares', limit: 2 })
      const rest = await lake.catalog.search({ text: 'fares', limit: 2, after: String(first.next) })
      expect([first.items.length, rest.items.map(({ name }) => name), rest.next]).toEqual([2, ['gold.revenue'], null])
      expect(rest.items[0]?.about).toBe('ada fares per month of the riders money')
      await expectCode(lake.catalog.search({ text: ' ' }), 'OPTION_INVALID')
    })

    test('knows what was said last', async () => {
      await using lake = await harness.create()
      await createTable(lake, 'a.b')
      const say = (comment: string): Promise<unknown> =>
        lake.catalog.commit({
          id: randomUUID(),
          tables: [{ name: 'a.b', requirements: [], updates: [{ action: 'set-properties', updates: { comment } }] }],
        })
      await say('apples')
      await say('pears')
      expect((await lake.catalog.search({ text: 'apples' })).items).toEqual([])
      expect((await lake.catalog.search({ text: 'pears' })).items).toEqual([
        { kind: 'table', name: 'a.b', about: 'pears' },
      ])
    })

    test('finds files of filesets by what the commit says, until they are gone', async () => {
      await using lake = await harness.create()
      await createTable(lake, 'raw.contracts')
      const say = (searchText: string | null): Promise<unknown> => {
        const found = [{ fileset: 'raw.contracts', name: 'acme.pdf', searchText }]
        const tables = [{ name: 'raw.contracts', requirements: [], updates: [] }]
        return lake.catalog.commit({ id: randomUUID(), tables, found })
      }
      await say('acme.pdf\n\nsigned 2026')
      expect((await lake.catalog.search({ text: 'signed acme' })).items).toEqual([
        { kind: 'file', name: 'raw.contracts', file: 'acme.pdf', about: 'signed 2026' },
      ])
      await say(null)
      expect((await lake.catalog.search({ text: 'acme' })).items).toEqual([])
    })
  })

  describe('views', () => {
    test('are made, changed, listed and taken away; no table has the name of one', async () => {
      await using lake = await harness.create()
      await createTable(lake, 'a.trips')
      const made = await lake.catalog.putView({ name: 'a.big', query: 'select 1' })
      expect(await lake.catalog.view('a.big')).toEqual(made)
      await lake.catalog.putView({ name: 'a.big', query: 'select 2', description: 'Big ones' })
      const other = await lake.open()
      expect(await other.catalog.views()).toMatchObject([
        { ...made, query: 'select 2', description: 'Big ones', updatedAt: expect.any(String) },
      ])
      expect(await other.catalog.views('b.')).toEqual([])
      await expectCode(lake.catalog.putView({ name: 'a.trips', query: 'select 1' }), 'TABLE_EXISTS')
      await expectCode(createTable(lake, 'a.big'), 'TABLE_EXISTS')
      await expectCode(lake.catalog.putView({ name: '../x', query: 'select 1' }), 'TABLE_NAME_INVALID')
      expect([await lake.catalog.dropView('a.big'), await lake.catalog.dropView('a.big')]).toEqual([true, false])
      expect(await lake.catalog.view('a.big')).toBeUndefined()
    })
  })
}
