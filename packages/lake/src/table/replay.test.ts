import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ReplayOptions } from '../ingest/replay/replay-options.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { rowCount } from '../checks/check-helpers.ts'
import { dropLoad } from './settle-load.ts'
import { loadRows } from './load-rows.ts'
import { replayRows } from './replay-rows.ts'
import type { AnyTableOptions } from './table-properties.ts'
import type { ReplayResult } from './types.ts'

const table = 'bronze.trips'
const quarantine = 'quarantine.bronze__trips'
let tables: TestTables
let directory: string
beforeEach(async () => {
  tables = await openTestTables()
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-replay-'))
})
afterEach(async () => {
  await tables[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const accepted = (...letters: readonly string[]): AnyTableOptions => ({
  columns: { kind: { type: 'string' } },
  ...kinds(letters),
})
const kinds = (letters: readonly string[]): AnyTableOptions => ({
  schema: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) => ({ value }),
      jsonSchema: {
        input: () => ({ type: 'object', properties: { kind: { type: 'string', enum: letters } } }),
      },
    },
  },
})

async function load(name: string, text: string, options: AnyTableOptions = {}): Promise<string> {
  const file = path.join(directory, name)
  await writeFile(file, text)
  const { loadId } = await tables.load('append', table, file, { load: { maxRejected: 0.9 }, table: options })
  return loadId
}

async function loadParquet(select: string): Promise<void> {
  const file = path.join(directory, 'a.parquet')
  await using session = await (await tables.lake.duck()).session()
  await session.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`)
  await tables.load('append', table, file, { load: { maxRejected: 0.9 }, table: accepted('x') })
}

function replay(options: ReplayOptions = {}, tableOptions: AnyTableOptions = {}): Promise<ReplayResult> {
  return replayRows({ lake: tables.lake, table, tableOptions, options, context: undefined })
}

const ids = async (): Promise<readonly unknown[]> =>
  (await tables.rows(table)).map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b))
const resolved = async (): Promise<Record<string, unknown>> =>
  Object.fromEntries((await tables.rows(quarantine)).map((row) => [row['raw'], row['resolved_by']]))

describe('a replay', () => {
  test('loads what fits the contract that holds now, once, and leaves the rest', async () => {
    const first = await load('a.csv', 'id,kind\n1,x\n2,y\n3,z\n', accepted('x'))
    expect(await replay({}, accepted('x'))).toEqual({ rows: 0, open: 2, loads: [] })
    // Nothing new went wrong: the rows are in the quarantine already.
    expect((await tables.lake.catalog.incidents({ table, limit: 9 })).items).toEqual([])
    const result = await replay({}, accepted('x', 'y'))
    expect(result).toMatchObject({ rows: 1, open: 1, loads: [{ rows: 1, rejected: 1, repeated: false }] })
    expect(await tables.rows(table)).toContainEqual({ id: 2, kind: 'y' })
    expect(await ids()).toEqual([1, 2])
    const loadId = result.loads[0]?.loadId
    expect(loadId).toMatch(new RegExp(`^replay:${first}:\\d+-`))
    expect(await resolved()).toEqual({ '2,y': loadId, '3,z': null })
    expect(await replay({}, accepted('x', 'y'))).toMatchObject({ rows: 0, open: 1 })
    expect(await ids()).toEqual([1, 2])
  })

  test('that is blocked and dropped leaves its rows open, and they can be replayed again', async () => {
    await load('a.csv', 'id,kind\n1,x\n2,y\n3,z\n', accepted('x'))
    const guarded = { ...accepted('x', 'y'), checks: [rowCount({ max: 1 })] }
    await expectCode(replay({}, guarded), 'LOAD_BLOCKED')
    const blocked = String((await resolved())['2,y'])
    await dropLoad({ lake: tables.lake, table, loadId: blocked, context: undefined })
    expect(await resolved()).toEqual({ '2,y': null, '3,z': null })
    await expectCode(replay({}, guarded), 'LOAD_BLOCKED')
    await dropLoad({ lake: tables.lake, table, loadId: `${blocked}:2`, context: undefined })
    const free = { ...accepted('x', 'y'), checks: [rowCount({ max: 9 })] }
    expect(await replay({}, free)).toMatchObject({ rows: 1, open: 1 })
    expect(await ids()).toEqual([1, 2])
  })

  test('says in the ledger what became of each row that it took', async () => {
    await load('a.csv', 'id,kind\n1,x\n2,y\n3,z\n', accepted('x'))
    const { loads } = await replay({}, accepted('x', 'y'))
    const { pointer } = await tables.view(table)
    expect(await tables.lake.catalog.load(pointer.id, loads[0]?.loadId ?? '')).toMatchObject({
      counts: { records: 2, loaded: 1, quarantined: 1, discarded: 0, filtered: 0 },
    })
  })

  test('keeps the name of the file that a row came from', async () => {
    await load('a.csv', 'id,kind\n1,x\n2,y\n', accepted('x'))
    await replay({}, accepted('x', 'y'))
    const files = new Set<unknown>()
    const { scanView } = await import('./read-rows.ts')
    await using scan = await scanView(tables.lake, await tables.view(table))
    await using session = await (await tables.lake.duck()).session()
    for (const row of await session.all<{ file: string }>(`SELECT _source_file AS file FROM ${scan.item}`))
      files.add(row.file)
    expect([...files]).toEqual([path.join(directory, 'a.csv')])
  })

  test('mends what a fix mends, whatever was broken', async () => {
    await load('a.csv', 'id;fare;note\n1;2.5;a\n2;3,5;b\n3;4.5\n4;5.5;"open\n5;6.5;"q ""x"" ;\nz"\n')
    expect(await replay()).toMatchObject({ rows: 0, open: 2 })
    const problems: unknown[] = []
    const result = await replay({
      fix(row, { reason, values, raw }) {
        problems.push([reason, values?.length ?? raw])
        if (reason === 'COLUMN_COUNT') return { ...row, note: 'short' }
        return { id: '4', fare: '5.5', note: 'open' }
      },
    })
    expect(problems).toContainEqual(['COLUMN_COUNT', 2])
    expect(problems).toContainEqual(['QUOTE_BROKEN', '4;5.5;"open'])
    expect(result).toMatchObject({ rows: 2, open: 0 })
    expect(await ids()).toEqual([1, 2, 3, 4, 5])
    expect((await tables.rows(table)).find(({ id }) => id === 3)).toMatchObject({ note: 'short' })
  })

  test('gives a fix the rows once more that it has left open: it may know better by now', async () => {
    await load('a.csv', 'kind,n\nx,1\nq,2\nr,3\n', accepted('x'))
    const known = new Map([['q', 'x']])
    const fix: ReplayOptions['fix'] = (row) => {
      const kind = known.get(String(row['kind']))
      return kind === undefined ? undefined : { ...row, kind }
    }
    expect(await replay({ fix })).toMatchObject({ rows: 1, open: 1, loads: [{ rows: 1, repeated: false }] })
    // Nothing new: the same replay is what it was.
    expect(await replay({ fix })).toMatchObject({ rows: 0, open: 1, loads: [{ rows: 1, repeated: true }] })
    known.set('r', 'x')
    expect(await replay({ fix })).toMatchObject({ rows: 1, open: 0 })
    expect(await tables.rows(table)).toHaveLength(3)
  })

  test('takes any value to choose rows by', async () => {
    await load('a.csv', 'kind,n\nx,1\nq,2\nr,3\n', accepted('x'))
    const fix: ReplayOptions['fix'] = (row) => ({ ...row, kind: 'x' })
    expect(await replay({ fix, where: { record: 2n } })).toMatchObject({ rows: 1 })
  })

  test('refuses a fix that gives columns which the source has not', async () => {
    await load('a.csv', 'id,kind\n1,x\n2,y\n', accepted('x'))
    await expectCode(replay({ fix: (row) => ({ ...row, kinds: 'x' }) }), 'LOAD_ROW_INVALID')
  })

  test('is of one load, or of rows of one kind, when that is said', async () => {
    const first = await load('a.csv', 'id,kind\n1,x\n2,y\n3,z\n', accepted('x'))
    await load('b.csv', 'id,kind\n4,x\n5,y\n6,z\n', accepted('x'))
    const all = accepted('x', 'y', 'z')
    expect(await replay({ load: first, where: { raw: '2,y' } }, all)).toMatchObject({ rows: 1, open: 0 })
    expect(await replay({ load: first }, all)).toMatchObject({ rows: 1, open: 0 })
    expect(await replay({}, all)).toMatchObject({ rows: 2, open: 0, loads: [{ rows: 2 }] })
    expect(await ids()).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('reads rows of JSON, of code and of Parquet as they were, integers beyond 53 bits too', async () => {
    const big = 9007199254740993n
    const at = new Date('2026-01-01T00:00:00Z')
    const source = [
      { id: 1n, kind: 'x', at, bytes: new Uint8Array([1, 2]) },
      { id: big, kind: 'y', at, bytes: new Uint8Array([255]) },
    ]
    await tables.load('append', table, source, { load: { maxRejected: 0.9 }, table: accepted('x') })
    await load('a.ndjson', '{"id":3,"kind":"x"}\n{"id":9007199254740995,"kind":"y"}\n', accepted('x'))
    await loadParquet(
      `SELECT * FROM (VALUES (5::BIGINT, 'x', TIMESTAMPTZ '2026-01-01 00:00:00Z'), (6, 'y', TIMESTAMPTZ '2026-01-01 00:00:00.5Z')) AS t(id, kind, "at")`,
    )
    const { open } = await replay({}, accepted('x'))
    expect(open).toBe(3)
    expect(await replay({}, accepted('x', 'y'))).toMatchObject({ rows: 3, open: 0 })
    const rows = await tables.rows(table)
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining([1, 3, big, big + 2n]))
    expect(rows.find(({ id }) => id === 6)).toMatchObject({ kind: 'y', at: new Date('2026-01-01T00:00:00.500Z') })
    expect(rows.find(({ id }) => id === big)).toMatchObject({ at, bytes: new Uint8Array([255]) })
  })

  test('of merged rows takes no newer row away', async () => {
    const merge = (rows: readonly object[], options: AnyTableOptions): Promise<unknown> =>
      loadRows({
        lake: tables.lake,
        table,
        operation: 'merge',
        merge: { key: ['id'] },
        source: rows,
        tableOptions: { ...options, key: ['id'] },
        options: { maxRejected: 0.9 },
        loadId: randomUUID(),
        context: undefined,
      })
    await merge(
      [
        { id: 0, kind: 'x', n: 1 },
        { id: 1, kind: 'y', n: 1 },
        { id: 2, kind: 'y', n: 1 },
      ],
      accepted('x'),
    )
    await merge([{ id: 1, kind: 'x', n: 2 }], accepted('x'))
    expect(await replay({}, { ...accepted('x', 'y'), key: ['id'] })).toMatchObject({ rows: 1, open: 0 })
    expect((await tables.rows(table)).map(({ id, n }) => [id, n])).toEqual(
      expect.arrayContaining([
        [0, 1],
        [1, 2],
        [2, 1],
      ]),
    )
  })

  test('after the contract takes columns that are new makes them; the contract is kept with the table until then', async () => {
    await load('a.csv', 'id\n1\n', { contract: { columns: 'quarantine' } })
    // Nobody says anything here: what was said is kept.
    await load('b.csv', 'id,tip\n2,\n3,0.5\n')
    expect(await tables.rows(quarantine)).toMatchObject([
      { raw: '3,0.5', reason: 'COLUMN_UNKNOWN', column_name: 'tip' },
    ])
    expect(await replay()).toMatchObject({ rows: 0, open: 1 })
    expect(await replay({}, { contract: { columns: 'evolve' } })).toMatchObject({ rows: 1, open: 0 })
    expect(await tables.rows(table)).toContainEqual({ id: 3, tip: 0.5 })
    await load('c.csv', 'id,tip,note\n4,1,new\n')
    expect(await tables.rows(table)).toContainEqual({ id: 4, tip: 1, note: 'new' })
  })

  test('of a table that all rows fit into has nothing to do', async () => {
    await expectCode(replay(), 'TABLE_NOT_FOUND')
    await load('a.csv', 'id\n1\n')
    expect(await replay()).toEqual({ rows: 0, open: 0, loads: [] })
  })

  test('and another one at the same time load every row once', async () => {
    await load(
      'a.csv',
      `id,kind\n0,x\n${Array.from({ length: 9 }, (_, i) => `${i + 1},y`).join('\n')}\n`,
      accepted('x'),
    )
    const all = accepted('x', 'y')
    await Promise.all([
      replay({}, all),
      replay({ where: { reason: 'VALUE_NOT_ACCEPTED' } }, all),
      replay({ rename: { other: 'o' } }, all),
    ])
    expect(await ids()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})
