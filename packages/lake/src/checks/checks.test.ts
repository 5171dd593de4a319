import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CheckFinding } from '../catalog/findings.ts'
import { lakeSql } from '../sql/lake-sql.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import type { Check } from './check-spec.ts'
import { accepted, check, freshness, notNull, range, relationship, rowCount, unique } from './check-helpers.ts'
import { runChecks } from './run-checks.ts'
import { checksOf, checksText } from './stored-checks.ts'

const trips = 'bronze.trips'
let tables: TestTables

beforeAll(async () => {
  tables = await openTestTables()
  await tables.load('append', 'bronze.zones', [{ id: 1 }, { id: 2 }])
  const at = (day: number): Date => new Date(Date.UTC(2026, 0, day))
  const rows = [
    { id: 1, zone: 1, fare: 10.5, kind: 'card', at: at(1), rider: 'ann', big: 9007199254740993n },
    { id: 2, zone: 2, fare: -1, kind: 'cash', at: at(2), rider: 'bob', big: 1n },
    { id: 2, zone: 9, fare: 5000, kind: 'coin', at: at(3), rider: 'cid', big: 2n },
    { id: null, zone: null, fare: null, kind: null, at: null, rider: 'dan', big: 3n },
  ]
  await tables.load('append', trips, rows, { table: { columns: { rider: { sensitive: true } } } })
})
afterAll(() => tables[Symbol.asyncDispose]())

/** What checks say that have been through the table's properties. */
async function findings(...checks: readonly Check[]): Promise<readonly CheckFinding[]> {
  const stored = checksOf({ 'sluice.checks': checksText(trips, checks) })
  return runChecks({ lake: tables.lake, view: await tables.view(trips), checks: stored, loadId: null })
}

const brief = (found: readonly CheckFinding[]): readonly unknown[] =>
  found.map(({ name, outcome, failing }) => [name, outcome, failing])

describe('a check', () => {
  test('that rows fulfil passes, and one that they do not says how many and shows some', async () => {
    const found = await findings(
      notNull('rider'),
      notNull('id'),
      unique('id'),
      unique(['id', 'zone']),
      accepted('kind', ['card', 'cash']),
      range('fare', { min: 0, max: 100 }),
      range('fare', { min: -1, name: 'no refunds' }),
      range('at', { min: new Date('2026-01-02'), name: 'since' }),
      range('big', { max: 9007199254740992n }),
      relationship('zone', { table: 'bronze.zones', column: 'id' }),
      rowCount({ min: 4, max: 4 }),
      rowCount({ min: 5, name: 'more' }),
    )
    expect(brief(found)).toEqual([
      ['not_null(rider)', 'passed', 0],
      ['not_null(id)', 'failed', 1],
      ['unique(id)', 'failed', 2],
      ['unique(id, zone)', 'passed', 0],
      ['accepted(kind)', 'failed', 1],
      ['range(fare)', 'failed', 2],
      ['no refunds', 'passed', 0],
      ['since', 'failed', 1],
      ['range(big)', 'failed', 1],
      ['relationship(zone, bronze.zones.id)', 'failed', 1],
      ['row_count', 'passed', null],
      ['more', 'failed', null],
    ])
    expect(found[1]).toMatchObject({
      severity: 'block',
      message: '1 row is null',
      samples: [{ id: null, rider: '********' }],
    })
    expect(found[2]?.samples).toEqual([{ id: 2, rows_alike: 2 }])
    expect(found[8]?.samples).toMatchObject([{ big: '9007199254740993' }])
    expect(found[9]?.samples).toMatchObject([{ zone: 9, at: '2026-01-03T00:00:00.000Z' }])
    expect(found[11]?.message).toBe('there are 4 rows, not at least 5')
  })

  test('of freshness goes by the newest time', async () => {
    const age = Date.now() - Date.UTC(2026, 0, 3)
    const found = await findings(
      freshness('at', age + 3_600_000),
      freshness('at', '36h', { severity: 'warn', name: 'stale' }),
      freshness('fare', '1h'),
    )
    expect(brief(found)).toEqual([
      ['freshness(at)', 'passed', null],
      ['stale', 'failed', null],
      ['freshness(fare)', 'error', null],
    ])
    expect(found[1]).toMatchObject({ severity: 'warn', message: expect.stringContaining('from 2026-01-03T00:00') })
    expect(found[2]?.message).toContain("'fare' holds no times")
  })

  test('of its own is a query whose rows are wrong, with values that are bound, on the version that is checked', async () => {
    const found = await findings(
      check(
        'cheap',
        (t) => lakeSql`select id, fare, rider, rider as name from ${t} where fare > ${100} and "at" > ${new Date(0)}`,
      ),
      check('known', (t) => lakeSql`select * from ${t} where kind in ${['bitcoin']}`, { severity: 'warn' }),
    )
    expect(found).toMatchObject([
      { name: 'cheap', outcome: 'failed', failing: 1, message: '1 row is wrong' },
      { name: 'known', outcome: 'passed', failing: 0, severity: 'warn' },
    ])
    expect(found[0]?.samples).toEqual([{ id: 2, fare: 5000, rider: '********', name: '********' }])
  })

  test('that cannot be made is an error, and says nothing of the others', async () => {
    const found = await findings(
      notNull('far'),
      accepted('zone', ['x']),
      relationship('zone', { table: 'bronze.zones', column: 'none' }),
      check('reads files', () => ({ sql: { text: "select * from read_csv('x')", values: [] } })),
      check('is no query', () => ({ sql: { text: 'drop table x', values: [] } })),
      notNull('id'),
    )
    expect(found.map(({ outcome }) => outcome)).toEqual(['error', 'error', 'error', 'error', 'error', 'failed'])
    expect(found[0]?.message).toContain('no column')
    expect(found[2]?.message).toContain('bronze.zones')
  })

  test('that look into a table which is not there fail the rows that name something', async () => {
    const found = await findings(relationship('zone', { table: 'bronze.none', column: 'id' }))
    expect(found).toMatchObject([
      { outcome: 'failed', message: expect.stringContaining('bronze.none, which is not there') },
    ])
    const lost = await tables.load('append', 'bronze.first', [{ id: 1, next: null }, { id: 2 }], {
      table: { columns: { next: { type: 'long' } }, references: { next: { table: 'bronze.later', column: 'id' } } },
    })
    expect(lost.published).toBe(true)
  })

  test('shows ten rows of many', async () => {
    await tables.load(
      'append',
      'bronze.many',
      Array.from({ length: 50 }, (_, n) => ({ n, text: 'x'.repeat(300) })),
    )
    const view = await tables.view('bronze.many')
    const [found] = await runChecks({ lake: tables.lake, view, checks: [range('n', { min: 99 })], loadId: null })
    expect(found).toMatchObject({ failing: 50, snapshotId: String(view.snapshot?.['snapshot-id']) })
    expect(found?.samples).toHaveLength(10)
    expect(found?.samples[0]?.['text']).toHaveLength(201)
  })
})

describe('the checks of a table', () => {
  test('are those that are said, and those that its key and references imply', () => {
    const own = checksText(trips, [unique('id', { severity: 'warn' }), range('big', { min: 1n })])
    const references = JSON.stringify({ zone: { table: 'bronze.zones', column: 'id' } })
    const checks = checksOf({ 'sluice.checks': own, 'sluice.key': '["id"]', 'sluice.references': references })
    expect(checks.map(({ name, severity }) => [name, severity])).toEqual([
      ['unique(id)', 'warn'],
      ['range(big)', 'block'],
      ['relationship(zone, bronze.zones.id)', 'block'],
    ])
    expect(checks[1]).toMatchObject({ min: 1n })
    expect(checksOf()).toEqual([])
  })

  test.each([
    () => checksText(trips, [notNull('id'), notNull('id')]),
    () => range('fare', {}),
    () => rowCount({}),
    () => unique([]),
    () => notNull('id', { severity: 'loud' as 'warn' }),
    () => notNull('id', { sevrity: 'warn' } as object),
    () => check('', () => lakeSql`select 1`),
  ])('are refused when they are wrong (%#)', (make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as Error)
  })
})
