import { isSluiceError } from '@sluice/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isTransientDatabaseError, type PostgresDatabase } from './index.ts'
import { noPostgres, openTestDatabase, type TestDatabase } from './open-test-database.testsupport.ts'

/** Locks of this database: others use the server too. */
const here = 'database = (select oid from pg_database where datname = current_database())'

describe.skipIf(noPostgres)('on PostgreSQL', () => {
  let home: TestDatabase
  let db: PostgresDatabase

  beforeAll(async () => {
    home = await openTestDatabase()
    db = home.db
  })
  afterAll(() => home.close())

  const count = async (table: string): Promise<number | undefined> =>
    (await db.query<{ n: number }>(`select count(*) as n from ${table}`))[0]?.n

  test('every value that goes in by COPY comes out as it was', async () => {
    await db.execute(
      'create table round_trip (n int, f float8, big numeric, s text, b bool, raw bytea, at timestamptz, doc jsonb, list text[])',
    )
    const text = fc.string({ unit: 'binary' }).filter((s) => !s.includes('\0'))
    const row = fc.tuple(
      fc.option(fc.integer()),
      fc.option(fc.double()),
      fc.option(fc.bigInt()),
      fc.option(
        fc.oneof(text, fc.constantFrom('', '\\N', '\\.', '\\', '\t', '\n', '\r\n', '"', '\u2028', '{}', 'NULL')),
      ),
      fc.option(fc.boolean()),
      fc.option(fc.uint8Array()),
      fc.option(fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })),
      fc.option(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)))),
      fc.option(fc.array(fc.option(text))),
    )
    const columns = ['n', 'f', 'big', 's', 'b', 'raw', 'at', 'doc', 'list']
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        await db.execute('truncate round_trip')
        const { rows: copied } = await db.copyFrom({ table: 'round_trip', columns, source: rows })
        expect(copied).toBe(rows.length)
        const stored = await db.query(`select * from round_trip order by ctid`)
        expect(stored).toEqual(
          rows.map((values) => Object.fromEntries(values.map((value, i) => [columns[i], asRead(value, columns[i])]))),
        )
      }),
      { numRuns: 60 },
    )
  })

  /** `numeric` is read as text, `bytea` as a Buffer. */
  function asRead(value: unknown, column: string | undefined): unknown {
    if (value instanceof Uint8Array) return Buffer.from(value)
    return column === 'big' && typeof value === 'bigint' ? String(value) : value
  }

  test('an empty source copies nothing and is no error', async () => {
    await db.execute('create table nothing_yet (id int)')
    expect(await db.copyFrom({ table: 'nothing_yet', columns: ['id'], source: [] })).toEqual({ rows: 0, bytes: 0 })
  })

  test('CSV goes in as it is, from any split of its bytes', async () => {
    await db.execute('create table from_csv (id int, note text)')
    const csv = Buffer.from('id;note\n1;"a;b ""c"" ß"\n2;\n3;""\n')
    const pieces = Array.from(csv, (byte) => Uint8Array.of(byte))
    await db.copyFrom({
      table: 'from_csv',
      columns: ['id', 'note'],
      source: pieces,
      format: 'csv',
      csv: { header: true, delimiter: ';' },
    })
    expect(await db.query('select * from from_csv order by id')).toEqual([
      { id: 1, note: 'a;b "c" ß' },
      { id: 2, note: null },
      { id: 3, note: '' },
    ])
  })

  test('a value the table refuses leaves nothing behind, and the error says which row and column', async () => {
    await db.execute('create table strict (id int)')
    const source = [[1], [2], ['three']]
    const error = await db.copyFrom({ table: 'strict', columns: ['id'], source }).catch((thrown: unknown) => thrown)
    expect(isSluiceError(error, 'DATABASE_QUERY')).toBe(true)
    expect(String(error)).toMatch(
      /invalid input syntax for type integer: "three" at COPY strict, line 3, column id: "three"/,
    )
    expect(await count('strict')).toBe(0)
  })

  test('a value that has no text is refused before it is sent, with row and column', async () => {
    await db.execute('create table notes (id int, note text)')
    const source = [
      [1, 'fine'],
      [2, 'a\0b'],
    ]
    await expect(db.copyFrom({ table: 'notes', columns: ['id', 'note'], source })).rejects.toThrow(
      /row 2: the value of column "note" cannot be stored: it holds a NUL character/,
    )
    expect(await count('notes')).toBe(0)
  })

  test('a source that fails gives its own error, and nothing is stored', async () => {
    await db.execute('create table from_broken (id int)')
    const broken = async function* () {
      yield [1]
      throw new Error('the file ends in the middle')
    }
    await expect(db.copyFrom({ table: 'from_broken', columns: ['id'], source: broken() })).rejects.toThrow(
      new Error('the file ends in the middle'),
    )
    expect(await count('from_broken')).toBe(0)
  })

  test('an abort while the source is silent ends the copy, and nothing is stored', async () => {
    await db.execute('create table from_silent (id int)')
    const controller = new AbortController()
    const silent = async function* () {
      yield ['1\n'.repeat(100_000)]
      controller.abort(new Error('nobody waits any more'))
      await new Promise(() => {})
    }
    const source = (async function* () {
      for await (const [text] of silent()) yield text ?? ''
    })()
    await expect(
      db.copyFrom({ table: 'from_silent', columns: ['id'], source, signal: controller.signal }),
    ).rejects.toThrow(new Error('nobody waits any more'))
    expect(await count('from_silent')).toBe(0)
  })

  test('an abort while the server waits for a lock ends the copy', async () => {
    await db.execute('create table locked (id int)')
    const controller = new AbortController()
    await db.transaction(async (tx) => {
      await tx.execute('lock table locked in access exclusive mode')
      const copied = db.copyFrom({ table: 'locked', columns: ['id'], source: [[1]], signal: controller.signal })
      const rejected = expect(copied).rejects.toThrow('waited long enough')
      while ((await tx.query(`select 1 from pg_locks where not granted and ${here}`)).length === 0);
      controller.abort(new Error('waited long enough'))
      await rejected
    })
    expect(await count('locked')).toBe(0)
  })

  test('a connection that is lost in the middle of a copy is a typed, transient error, and nothing is stored', async () => {
    await db.execute('create table from_lost (id int)')
    const source = async function* (): AsyncGenerator<string> {
      yield '1\n'.repeat(100_000)
      await db.query(`select pg_terminate_backend(pid) from pg_stat_activity where query like 'copy "from_lost"%'`)
      for (;;) yield '2\n'.repeat(100_000)
    }
    const error = await db
      .copyFrom({ table: 'from_lost', columns: ['id'], source: source() })
      .catch((thrown: unknown) => thrown)
    expect(isTransientDatabaseError(error)).toBe(true)
    expect(await count('from_lost')).toBe(0)
  })

  test('a server that stops reading stops the source, in flat memory', async () => {
    await db.execute(`
    create table guarded (id int, filler text);
    create function wait_for_gate() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock_shared(77); return new; end $$;
    create trigger gate before insert on guarded for each row execute function wait_for_gate();
  `)
    const total = 100_000
    let drawn = 0
    const rows = function* (): Generator<readonly unknown[]> {
      for (; drawn < total; drawn++) yield [drawn, 'x'.repeat(92)]
    }
    let copied: Promise<unknown> | undefined
    await db.transaction(async (tx) => {
      await tx.execute('select pg_advisory_xact_lock(77)')
      copied = db.copyFrom({ table: 'guarded', columns: ['id', 'filler'], source: rows() })
      // The first row waits at the gate; the rest waits in the socket, then in the source.
      while (
        (await tx.query(`select 1 from pg_locks where locktype = 'advisory' and not granted and ${here}`)).length === 0
      );
      for (let still = 0, last = -1; still < 50; last = drawn) {
        await tx.query('select 1')
        still = last === drawn ? still + 1 : 0
      }
      expect(drawn * 100).toBeLessThan(4_000_000)
    })
    await copied
    expect(await count('guarded')).toBe(total)
  })

  test.each([
    [{ columns: [] }, /names no column/],
    [{ format: 'binary' as never }, /must be "text" or "csv"/],
    [{ source: 7 as never }, /must be an iterable/],
    [{ source: [7 as never] }, /gives a number/],
    [{ format: 'csv' as const, source: [[1]] }, /leave it out when the source gives rows/],
  ])('the options %o are refused', async (options, reason) => {
    await db.execute('create table if not exists picky (id int)')
    await expect(db.copyFrom({ table: 'picky', columns: ['id'], source: [], ...options })).rejects.toThrow(reason)
  })
})
