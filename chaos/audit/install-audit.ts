import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'

/**
 * A second book beside the product's own: every change of an epoch, of a journal, of task rows, slots and assignments, with the
 * transaction that made it. Nothing in the product knows of it.
 */
const forPostgres = [
  'create schema chaos',
  `create table chaos.entry (
    n bigint generated always as identity primary key,
    at bigint not null default (extract(epoch from clock_timestamp()) * 1000000)::bigint,
    tx bigint not null default txid_current(),
    kind text not null,
    root uuid not null,
    key text,
    a bigint,
    b bigint,
    note text
  )`,
  `create function chaos.on_run() returns trigger language plpgsql as $$ begin
    if new.epoch <> old.epoch then
      insert into chaos.entry (kind, root, a, b, note) values ('epoch', new.id, old.epoch, new.epoch, new.state_name);
    end if;
    if new.journal_seq <> old.journal_seq then
      insert into chaos.entry (kind, root, a, b, note) values ('journal', new.id, old.journal_seq, new.journal_seq, new.epoch::text);
    end if;
    return null;
  end $$`,
  `create trigger chaos_run after update on sluice.run for each row when (new.parent_id is null) execute function chaos.on_run()`,
  `create function chaos.on_task() returns trigger language plpgsql as $$ begin
    if tg_op = 'DELETE' then
      insert into chaos.entry (kind, root, key) values ('dropped', old.root_id, old.key);
      return null;
    end if;
    insert into chaos.entry (kind, root, key, a, b, note) values ('task', new.root_id, new.key, new.seq,
      case when new.checkpoint = 1 and new.state_type in ('completed', 'failed', 'crashed', 'cancelled') then 1 else 0 end,
      new.state_name);
    return null;
  end $$`,
  'create trigger chaos_task after insert or update or delete on sluice.task_run for each row execute function chaos.on_task()',
  `create function chaos.on_slot() returns trigger language plpgsql as $$ begin
    if tg_op <> 'INSERT' then
      insert into chaos.entry (kind, root, key, a, b, note) values ('freed', old.root_id, old.key, old.slots, old.epoch, old.limit_name);
    end if;
    if tg_op <> 'DELETE' then
      insert into chaos.entry (kind, root, key, a, b, note) values ('held', new.root_id, new.key, new.slots, new.epoch, new.limit_name);
    end if;
    return null;
  end $$`,
  'create trigger chaos_slot after insert or update or delete on sluice.limit_slot for each row execute function chaos.on_slot()',
] as const

const changeOf = (table: string, when: string, kind: string, columns: string, values: string, guard = '1'): string =>
  `create trigger chaos_${kind}_${when.split(' ')[0]} after ${when} on ${table} when ${guard}
    begin insert into chaos_entry (kind, ${columns}) values ('${kind}', ${values}); end`

const isFinal = `case when new.checkpoint = 1 and new.state_type in ('completed', 'failed', 'crashed', 'cancelled') then 1 else 0 end`
const taskColumns = 'root, key, a, b, note'
const taskValues = `new.root_id, new.key, new.seq, ${isFinal}, new.state_name`
const slotValues = (row: 'old' | 'new'): string =>
  `${row}.root_id, ${row}.key, ${row}.slots, ${row}.epoch, ${row}.limit_name`

/** SQLite has one writer at a time: no transaction need be named to know what belongs together. */
const forSqlite: readonly string[] = [
  `create table chaos_entry (n integer primary key autoincrement, at integer not null default (cast(unixepoch('subsec') * 1000000 as integer)),
    tx integer not null default 0, kind text not null, root text not null, key text, a integer, b integer, note text)`,
  changeOf(
    'run',
    'update of epoch',
    'epoch',
    'root, a, b, note',
    'new.id, old.epoch, new.epoch, new.state_name',
    'new.parent_id is null and new.epoch <> old.epoch',
  ),
  changeOf(
    'run',
    'update of journal_seq',
    'journal',
    'root, a, b, note',
    'new.id, old.journal_seq, new.journal_seq, new.epoch',
    'new.parent_id is null and new.journal_seq <> old.journal_seq',
  ),
  changeOf('task_run', 'insert', 'task', taskColumns, taskValues),
  changeOf('task_run', 'update', 'task', taskColumns, taskValues),
  changeOf('task_run', 'delete', 'dropped', 'root, key', 'old.root_id, old.key'),
  changeOf('limit_slot', 'update', 'freed', taskColumns, slotValues('old')),
  changeOf('limit_slot', 'delete', 'freed', taskColumns, slotValues('old')),
  changeOf('limit_slot', 'update', 'held', taskColumns, slotValues('new')),
  changeOf('limit_slot', 'insert', 'held', taskColumns, slotValues('new')),
]

/** Puts the audit into the database of a run. */
export function installAudit(kind: 'sqlite' | 'postgres', database: string): Promise<void> {
  return kind === 'postgres' ? intoPostgres(database) : intoSqlite(database)
}

async function intoSqlite(file: string): Promise<void> {
  using database = new DatabaseSync(file, { timeout: 5_000 })
  for (const statement of forSqlite) database.exec(statement)
}

async function intoPostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of forPostgres) await client.query(statement)
  } finally {
    await client.end()
  }
}
