import { Client } from 'pg'

/**
 * A second book beside the product's own: every change of an epoch, of a journal, of task rows, slots and assignments, with the
 * transaction that made it. Nothing in the product knows of it.
 */
const statements = [
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

/** Puts the audit into the database of a PostgreSQL run. */
export async function installAudit(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
