import { canonicalize, isSluiceError, Secret } from '@sluice/core'
import { execFile } from 'node:child_process'
import { inspect, promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identifier, isTransientDatabaseError, PostgresDatabase, type PostgresSettings, sql } from './index.ts'
import { noPostgres, openTestDatabase, type TestDatabase } from './open-test-database.testsupport.ts'

describe.skipIf(noPostgres)('on PostgreSQL', () => {
  let home: TestDatabase
  let db: PostgresDatabase

  beforeAll(async () => {
    home = await openTestDatabase()
    db = home.db
  })
  afterAll(() => home.close())

  test('rows come back with exact types: counts as numbers, big integers as bigint, days as text, moments as UTC', async () => {
    const [row] = await db.query(
      `select 42::bigint as n, 9007199254740993::bigint as big, 1.10::numeric as money, date '2018-01-11' as day,
            timestamp '2018-01-11 18:24:44.5' as at, true as yes, '\\x00ff'::bytea as raw, '{"a":1}'::jsonb as doc, null as nothing`,
    )
    expect(row).toEqual({
      n: 42,
      big: 9_007_199_254_740_993n,
      money: '1.10',
      day: '2018-01-11',
      at: new Date('2018-01-11T18:24:44.500Z'),
      yes: true,
      raw: Buffer.from([0, 255]),
      doc: { a: 1 },
      nothing: null,
    })
  })

  test('what is bound comes back as it was', async () => {
    const at = new Date('2021-03-28T01:30:00.123Z')
    const [row] =
      await db.sql`select ${at}::timestamp as at, ${"O'Hara; drop table x"}::text as name, ${[1, 2, null]}::int[] as list,
    ${{ a: ['x'] }}::jsonb as doc, ${Buffer.from('\0ÿ')}::bytea as raw, ${12345678901234567890n}::numeric as big, ${null}::int as nothing`
    expect(row).toEqual({
      at,
      name: "O'Hara; drop table x",
      list: [1, 2, null],
      doc: { a: ['x'] },
      raw: Buffer.from('\0ÿ'),
      big: '12345678901234567890',
      nothing: null,
    })
  })

  test('names are quoted wherever they come from', async () => {
    const table = identifier('we"ird; drop.table')
    await db.query(sql`create table ${table} (id int)`)
    await db.execute(sql`insert into ${table} values (${1}), (${2})`)
    expect(await db.query<{ id: number }>(sql`select id from ${table} order by id`)).toEqual([{ id: 1 }, { id: 2 }])
    expect(await db.execute(sql`delete from ${table} where id < ${9}`)).toEqual({ rowCount: 2 })
  })

  test('a Secret is never bound in clear text by accident', async () => {
    await expect(db.query('select $1::text', [new Secret('correct horse')])).rejects.toThrow(
      /parameter \$1 cannot be sent: it is a Secret/,
    )
  })

  test('a failed statement tells the database, the SQLSTATE and what to do, and no bound value', async () => {
    const error = await db
      .query('select * from missing_table where card = $1', ['4111-1111'])
      .catch((thrown: unknown) => thrown)
    expect(isSluiceError(error, 'DATABASE_QUERY')).toBe(true)
    expect(error).toMatchObject({
      details: { sqlstate: '42P01', transient: false, statement: 'select * from missing_table where card = $1' },
    })
    expect(String(error)).toMatch(
      /relation "missing_table" does not exist; compare the statement with the tables that exist/,
    )
    expect(inspect(error, { depth: 9 })).not.toContain('4111')
  })

  test('a database that is down gives a typed, transient error without the password', async () => {
    await using down = PostgresDatabase.fromUrl('postgres://ada:hunter22@/taxi?host=/nowhere')
    const error = await down.query('select 1').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'DATABASE_QUERY',
      details: { sqlstate: 'ENOENT', database: 'ada@/nowhere:5432/taxi' },
    })
    expect(String(error)).toContain('no server listens on this socket')
    expect(inspect(error, { depth: 9 })).not.toContain('hunter22')
  })

  test('the password never prints and never enters a hash, the place does', () => {
    const block = new PostgresDatabase({ host: 'h', database: 'd', user: 'u', password: new Secret('hunter22') })
    const shown = [
      String(block),
      JSON.stringify(block),
      inspect(block),
      inspect({ block }, { depth: 9, showHidden: true }),
      canonicalize(block),
    ]
    for (const text of shown) expect(text).not.toContain('hunter22')
    expect(inspect(block)).toBe(
      "PostgresDatabase { host: 'h', port: 5432, database: 'd', user: 'u', password: '********' }",
    )
    const rotated = new PostgresDatabase({ host: 'h', database: 'd', user: 'u', password: 'another one' })
    expect(canonicalize(rotated)).toBe(canonicalize(block))
    const elsewhere = new PostgresDatabase({ host: 'h', database: 'e', user: 'u', password: new Secret('hunter22') })
    expect(canonicalize(elsewhere)).not.toBe(canonicalize(block))
  })

  test.each([
    [{ hosts: 'h' }, /'hosts' is not known \(did you mean 'host'\?\)/],
    [{ max: 0 }, /whole number from 1/],
    [{ port: 1.5 }, /whole number/],
  ])('the settings %o are refused', (settings, reason) => {
    expect(() => new PostgresDatabase(settings as PostgresSettings)).toThrow(reason)
  })

  test('fromEnv names the variable that is missing', () => {
    expect(() => PostgresDatabase.fromEnv('NO_SUCH_URL')).toThrow(
      /'NO_SUCH_URL' of the environment is invalid: is not set/,
    )
  })

  test('many more queries than connections wait for their turn', async () => {
    const rows = await Promise.all(Array.from({ length: 50 }, (_, n) => db.sql<{ n: number }>`select ${n}::int as n`))
    expect(rows.map(([row]) => row?.n)).toEqual(Array.from({ length: 50 }, (_, n) => n))
    expect(
      await db.query<{ n: number }>(`select count(*) as n from pg_stat_activity where datname = current_database()`),
    ).toSatisfy(([row]: { n: number }[]) => row !== undefined && row.n <= 4)
  })

  test('an aborted query stops on the server too, and rejects with the reason of the signal', async () => {
    const controller = new AbortController()
    const slept = db.query('select pg_sleep(600) /* to be aborted */', [], { signal: controller.signal })
    const rejected = expect(slept).rejects.toThrow('enough')
    await until(async () => (await running('to be aborted')) === 1)
    controller.abort(new Error('enough'))
    await rejected
    await until(async () => (await running('to be aborted')) === 0)
  })

  test('an abort before the query means that it is never sent', async () => {
    const controller = new AbortController()
    controller.abort(new Error('too late'))
    await expect(db.execute('create table never_made (id int)', [], { signal: controller.signal })).rejects.toThrow(
      'too late',
    )
    expect(await db.query(`select to_regclass('never_made') as it`)).toEqual([{ it: null }])
  })

  test('a connection that the server cuts fails its query, and the block goes on with another', async () => {
    await using other = home.connect({ max: 1 })
    const cut = await other.query('select pg_terminate_backend(pg_backend_pid())').catch((thrown: unknown) => thrown)
    expect(isTransientDatabaseError(cut)).toBe(true)
    expect(await other.query('select 1 as n')).toEqual([{ n: 1 }])
  })

  test('an idle connection does not keep a script alive', { timeout: 8_000 }, async () => {
    const script = `import { PostgresDatabase } from '@sluice/postgres'
    console.log(await PostgresDatabase.fromEnv().query('select 1 as n'))`
    const args = ['--conditions=source', '--input-type=module', '--eval', script]
    const env = { ...process.env, DATABASE_URL: home.url }
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname, env })
    expect(stdout).toContain('{ n: 1 }')
  })

  test('moments outside the years 1 to 9999 are written as PostgreSQL reads them', async () => {
    const [row] =
      await db.sql`select to_char(${new Date('-000001-02-03T04:05:06.789Z')}::timestamp, 'YYYY BC MM-DD HH24:MI:SS.MS') as before,
    to_char(${new Date('+012345-02-03T00:00:00.000Z')}::timestamp, 'YYYY-MM-DD') as after`
    expect(row).toEqual({ before: '0002 BC 02-03 04:05:06.789', after: '12345-02-03' })
  })

  test('a closed block says so', async () => {
    const other = home.connect()
    await other.query('select 1')
    await other.close()
    await other.close()
    await expect(other.query('select 1')).rejects.toThrow('this block was closed')
  })

  async function running(marker: string): Promise<number> {
    const [row] = await db.query<{ n: number }>(
      `select count(*) as n from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like $1`,
      [`%${marker}%`],
    )
    return row?.n ?? 0
  }

  async function until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition()));
  }
})
