import { describe, expect, test } from 'vitest'
import { expectCode, type StoreHarness } from './harness.testsuite.ts'
import { committing, newTable } from './lake-records.testsuite.ts'

const micros = 60_000_000

/** Whose turn it is to rewrite a table. */
export function lakeTicketsSuite(harness: StoreHarness): void {
  describe('the line of those who rewrite a table of the lake', () => {
    test('is in the order of its tickets, which go up for ever; a holder has one', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const hold = (holder: string, drawn = false) => store.holdLakeTicket({ table: 'a.b', holder, micros, drawn })
      expect(await hold('one')).toEqual({ ticket: 1, ahead: 0, lost: false })
      expect(await hold('two')).toEqual({ ticket: 2, ahead: 1, lost: false })
      expect(await hold('two')).toEqual({ ticket: 2, ahead: 1, lost: false })
      expect(await hold('two', true)).toEqual({ ticket: 2, ahead: 1, lost: false })
      expect(await store.holdLakeTicket({ table: 'a.c', holder: 'one', micros, drawn: false })).toMatchObject({
        ahead: 0,
      })
      await store.releaseLakeTicket('a.b', 'one')
      expect(await hold('two', true)).toMatchObject({ ahead: 0 })
      await store.releaseLakeTicket('a.b', 'two')
      expect(await hold('one')).toMatchObject({ ticket: 3, ahead: 0 })
    })

    test('goes past who does not keep its place; that one has lost it, and commits nothing under it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const late = await store.holdLakeTicket({ table: 'a.b', holder: 'late', micros: -1, drawn: false })
      const under = (ticket: number) => committing([newTable(`a.t${ticket}`)], { leases: [{ table: 'a.b', ticket }] })
      // Nobody has gone past it yet.
      await store.commitLake(under(late.ticket))
      const next = await store.holdLakeTicket({ table: 'a.b', holder: 'next', micros, drawn: false })
      expect(next).toEqual({ ticket: 2, ahead: 0, lost: false })
      expect(await store.holdLakeTicket({ table: 'a.b', holder: 'late', micros, drawn: true })).toMatchObject({
        lost: true,
      })
      await expectCode(store.commitLake(under(late.ticket)), 'LAKE_COMMIT_CONFLICT')
      await store.commitLake(under(next.ticket))
    })

    test('gives those who come at once a ticket each', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const holders = Array.from({ length: 16 }, (_, i) => `holder-${i}`)
      const tickets = await Promise.all(
        holders.map((holder) => store.holdLakeTicket({ table: 'a.b', holder, micros, drawn: false })),
      )
      expect(tickets.map(({ ticket }) => ticket).toSorted((a, b) => a - b)).toEqual(holders.map((_, i) => i + 1))
    })
  })
}
