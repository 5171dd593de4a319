import type { AttemptContext } from '@sluice/engine'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LoadEntry } from '../catalog/lake-catalog.ts'
import { cursor } from '../ingest/cursor/cursor.ts'
import { source, type SqlDatabase, type SqlSource } from '../ingest/source/lazy-source.ts'
import { optionsOf } from '../ingest/source/options-of.ts'
import { expectCode } from '../testing/expect-code.testsupport.ts'
import { openTestTables, type TestTables } from '../testing/test-lake.testsupport.ts'
import { loadRows } from './load-rows.ts'
import type { LoadResult } from './types.ts'

const table = 'bronze.t'
let tables: TestTables
let directory: string
beforeEach(async () => {
  tables = await openTestTables()
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-sources-'))
})
afterEach(async () => {
  await tables[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const load = (from: unknown): Promise<LoadResult> => tables.load('append', table, from, { load: optionsOf(from) })
const ids = async (): Promise<readonly unknown[]> => (await tables.rows(table)).map(({ id }) => id)

describe('a query of a database', () => {
  interface Asked {
    readonly sql: string
    readonly params: readonly unknown[] | undefined
  }
  /** Answers with these rows whatever it is asked. */
  function database(rows: readonly object[]): SqlDatabase & { readonly asked: Asked[] } {
    const asked: Asked[] = []
    return {
      asked,
      transaction(body) {
        let left = rows
        return body({
          execute: (sql, params) =>
            Promise.resolve(void asked.push({ sql: sql.replace(/^declare .* for /, ''), params })),
          query: (sql) => {
            const n = Number(/\d+/.exec(sql)?.[0])
            const some = left.slice(0, n)
            left = left.slice(n)
            return Promise.resolve(some)
          },
        })
      },
    }
  }
  const row = (id: number, hour: number): object => ({ id, at: new Date(Date.UTC(2026, 0, 1, hour)) })

  test('is asked for what is later than before, by a value that is bound', async () => {
    const db = database([row(1, 1), row(2, 2)])
    const orders = source.sql(db, 'select * from orders;', {
      cursor: cursor('at', { lag: '30m', initial: '2026-01-01' }),
    })
    expect(await load(orders)).toMatchObject({ rows: 2 })
    expect(await load(orders)).toMatchObject({ rows: 0, snapshot: undefined })
    const where = 'select * from (select * from orders\n) as source where (source."at" >= $1) or source."at" is null'
    expect(db.asked).toEqual([
      { sql: where, params: ['2026-01-01'] },
      { sql: where, params: ['2026-01-01 01:30:00+00'] },
    ])
  })

  test('may be written by a function of where the cursor stands, and be of many rows', async () => {
    const db = database(Array.from({ length: 12_001 }, (_, id) => ({ id })))
    const states: unknown[] = []
    const from: SqlSource = source.sql(
      db,
      (state) => {
        states.push(state)
        return { text: 'select $1', values: [state.last ?? 0] }
      },
      { cursor: cursor('id') },
    )
    expect(await load(from)).toMatchObject({ rows: 12_001 })
    await load(from)
    expect(states).toMatchObject([{ last: undefined }, { last: '12000', from: '12000' }])
    expect(db.asked.at(-1)).toEqual({ sql: 'select $1', params: ['12000'] })
  })
})

describe('files of a glob', () => {
  test.each(['path', 'content'] as const)('are loaded once each, by their %s', async (once) => {
    const files = source.files(path.join(directory, '*.csv'), { once })
    expect(await load(files)).toMatchObject({ rows: 0, snapshot: undefined })
    await writeFile(path.join(directory, 'a.csv'), 'id\n1\n')
    await load(files)
    await writeFile(path.join(directory, 'b.csv'), 'id\n2\n')
    await writeFile(path.join(directory, 'c.csv'), 'id\n1\n')
    expect(await load(files)).toMatchObject({ rows: once === 'path' ? 2 : 1 })
    expect(await load(files)).toMatchObject({ rows: 0 })
    expect(await ids()).toEqual(once === 'path' ? [1, 2, 1] : [1, 2])
  })
})

test('a file is one file by its path, however that is written, and is not read to find that out', async () => {
  const file = path.join(directory, 'a.csv')
  await writeFile(file, 'id\n1\n')
  const once = { load: { once: 'path' } } as const
  await tables.load('append', table, file, once)
  await writeFile(file, Buffer.from([0x1f, 0x8b, 0x08, 1, 2, 3]))
  for (const same of [path.relative(process.cwd(), file), `${directory}/./a.csv`, pathToFileURL(file)])
    expect(await tables.load('append', table, same, once)).toMatchObject({ rows: 0, snapshot: undefined })
  expect(await ids()).toEqual([1])
})

describe('a source that was read', () => {
  const place = { table, operation: 'append', tableOptions: {}, options: {}, loadId: 'one' } as const
  /** Keys of what is below `raw/`. */
  const kept = async (): Promise<readonly string[]> => {
    const keys: string[] = []
    for await (const { key } of tables.lake.storage.list('raw/')) keys.push(key)
    return keys
  }
  const entry = async (id: string): Promise<LoadEntry | undefined> => {
    const pointer = await tables.lake.catalog.find(table)
    return pointer && tables.lake.catalog.load(pointer.id, id)
  }
  let asked = 0
  async function* rows(): AsyncGenerator<object> {
    asked += 1
    yield { id: asked, big: 2n ** 60n, at: new Date(0) }
  }
  /** Of a run whose lease is lost between extraction and commit. */
  const lost = {
    signal: new AbortController().signal,
    busy: () => ({ [Symbol.dispose]: () => undefined }),
    requireOpen: () => undefined,
    requireOwned: () => Promise.reject(new Error('the lease is lost')),
  } as unknown as AttemptContext

  test('is not asked again when its load comes back after a failure', async () => {
    asked = 0
    await expect(loadRows({ ...place, lake: tables.lake, source: rows(), context: lost })).rejects.toThrow('lease')
    expect(await kept()).toHaveLength(2)
    await loadRows({ ...place, lake: tables.lake, source: rows(), context: undefined })
    expect(asked).toBe(1)
    expect(await tables.rows(table)).toEqual([{ id: 1, big: 2n ** 60n, at: new Date(0) }])
    // What the first process put away is what the ledger names.
    const [part] = (await entry('one'))?.raw ?? []
    expect(part).toMatchObject({ n: 0, mediaType: 'application/x-ndjson', rows: { records: 1 } })
    expect(await kept()).toContain(part?.key)
    expect(await kept()).toHaveLength(2)
  })

  test.each(['none', 'copy'] as const)('is kept afterwards as it was said: %s', async (raw) => {
    await loadRows({ ...place, lake: tables.lake, source: rows(), context: undefined, options: { raw } })
    expect(await kept()).toHaveLength(raw === 'none' ? 0 : 2)
    expect((await entry('one'))?.raw?.length ?? 0).toBe(raw === 'none' ? 0 : 1)
  })

  test('by two processes with one load leaves what the ledger names, and nothing else', async () => {
    asked = 0
    const one = (): Promise<LoadResult> => loadRows({ ...place, lake: tables.lake, source: rows(), context: undefined })
    const results = await Promise.all([one(), one(), one()])
    expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1)
    expect(await tables.rows(table)).toHaveLength(1)
    const [part] = (await entry('one'))?.raw ?? []
    expect(await kept()).toEqual([part?.key, part?.key?.replace(/0$/, 'package.json')])
  })

  test('is asked again when what was kept of it is not what it gave', async () => {
    asked = 0
    await expect(loadRows({ ...place, lake: tables.lake, source: rows(), context: lost })).rejects.toThrow('lease')
    const [key = ''] = await kept()
    await writeFile(tables.lake.storage.addressOf(key), '{"id":7}\n')
    await loadRows({ ...place, lake: tables.lake, source: rows(), context: undefined })
    expect(await ids()).toEqual([2])
  })

  test('and is wrong leaves nothing behind: it is asked anew', async () => {
    await expectCode(
      loadRows({ ...place, lake: tables.lake, source: [1][Symbol.iterator](), context: lost }),
      'LOAD_ROW_INVALID',
    )
    expect(await kept()).toEqual([])
  })
})
