import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DatabaseLender, lendDatabases } from './lend-databases.ts'
import { startPostgres } from './start-postgres.ts'

const schema = `
  create schema app;
  create table app.note (id int generated always as identity primary key, text text);
  create table app.noted (id int references app.note, at timestamptz default now());
  create function app.noticed() returns trigger language plpgsql as
    $$ begin insert into app.noted (id) values (old.id); return null; end $$;
  create trigger noticed after delete on app.note for each row execute function app.noticed();
  insert into app.note (text) values ('it''s prepared')`

async function ask(url: string, text: string): Promise<unknown> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    // Several statements are answered by several results, which the types do not say.
    const results = [await client.query<{ value: unknown }>(text)].flat()
    return results[0]?.rows[0]?.value
  } finally {
    await client.end()
  }
}

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('databases on loan', () => {
  let lender: DatabaseLender
  let prepared = 0
  const dropped: string[] = []
  beforeAll(async () => {
    const postgres = await startPostgres()
    const create = async (): ReturnType<typeof postgres.createDatabase> => {
      const { url, drop } = await postgres.createDatabase()
      return { url, drop: () => drop().then(() => void dropped.push(url)) }
    }
    lender = lendDatabases(create, async (url) => {
      prepared += 1
      await ask(url, schema)
    })
  })
  afterAll(() => lender[Symbol.asyncDispose]())

  /** Whether the database that was used like this is lent again. */
  async function lentAgain(use: (url: string) => Promise<unknown>): Promise<boolean> {
    const first = await lender.lend()
    await use(first.url)
    await first.giveBack()
    const second = await lender.lend()
    try {
      expect(await ask(second.url, "select string_agg(id || text, ',') as value from app.note")).toBe("1it's prepared")
      expect(await ask(second.url, 'select count(*)::int as value from app.noted')).toBe(0)
      return second.url === first.url
    } finally {
      await second.giveBack()
    }
  }

  test('come back as they were prepared: rows and numbers', async () => {
    const written = `update app.note set text = 'x'; insert into app.note (text) values ('y'), ('z');
      insert into app.noted (id) values (2)`
    expect(await lentAgain((url) => ask(url, written))).toBe(true)
    const { url, giveBack } = await lender.lend()
    expect(await ask(url, "insert into app.note (text) values ('next') returning id as value")).toBe(2)
    await giveBack()
  })

  test('come back without those who were connected, and what they held', async () => {
    const left: Client[] = []
    expect(
      await lentAgain(async (url) => {
        const client = new Client({ connectionString: url })
        left.push(client)
        client.on('error', () => undefined)
        await client.connect()
        await client.query(`begin; insert into app.note (text) values ('open'); select pg_advisory_lock(1)`)
      }),
    ).toBe(true)
    await expect(left[0]?.query('select 1')).rejects.toThrow()
  })

  test.each([
    'create table app.other (id int)',
    'create table public.other (id int)',
    'alter table app.note add column more int',
    'alter table app.note alter column text set default 1',
    'create index on app.note (text)',
    'drop table app.noted',
    'alter table app.note disable trigger noticed',
    'create or replace function app.noticed() returns trigger language plpgsql as $$ begin return null; end $$',
    'grant select on app.note to public',
    "do $$ begin execute format('alter database %I set work_mem = 64', current_database()); end $$",
    'vacuum app.note',
    'analyze app.note',
    "insert into app.note (text) select repeat('x', 100) from generate_series(1, 1000)",
  ])('are dropped after what cannot be undone: %s', async (text) => {
    let used = ''
    const again = await lentAgain((url) => {
      used = url
      return ask(url, text)
    })
    expect(again).toBe(false)
    expect(dropped).toContain(used)
  })

  test('are prepared only when none is there, and each lent to one at a time', async () => {
    const before = prepared
    const [one, other] = [await lender.lend(), await lender.lend()]
    expect(one.url).not.toBe(other.url)
    await one.giveBack()
    await other.giveBack()
    for (let time = 0; time < 5; time += 1) await (await lender.lend()).giveBack()
    expect(prepared).toBe(before + 1)
  })

  test('are dropped with their lender', async () => {
    const { url, giveBack } = await lender.lend()
    await giveBack()
    await lender[Symbol.asyncDispose]()
    await expect(ask(url, 'select 1')).rejects.toThrow('does not exist')
  })
})
