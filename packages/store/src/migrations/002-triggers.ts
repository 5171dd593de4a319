import type { Dialect } from '../statement.ts'

/** `run.<state type>` for every state of a root run: no change of state, whoever makes it, can miss the stream. */
const eventTriggers: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    `create trigger run_event_insert after insert on run when new.parent_id is null begin ${sqliteEvent()} end`,
    `create trigger run_event_update after update of state_name, state_at on run
      when new.parent_id is null and (new.state_name <> old.state_name or new.state_at <> old.state_at)
      begin ${sqliteEvent()} end`,
  ],
  postgres: [
    `create function run_event() returns trigger language plpgsql as $$ begin
      insert into event (id, workspace, name, key, root_id, deployment_id, payload)
      values (gen_random_uuid(), new.workspace, 'run.' || new.state_type, new.flow, new.id, new.deployment_id,
        json_build_object('flow', new.flow, 'name', new.name, 'state', json_build_object('type', new.state_type, 'name', new.state_name,
          'at', new.state_at, 'message', new.state_message)));
      return null;
    end $$`,
    `create trigger run_event_insert after insert on run for each row when (new.parent_id is null) execute function run_event()`,
    `create trigger run_event_update after update of state_name, state_at on run for each row
      when (new.parent_id is null and (new.state_name <> old.state_name or new.state_at <> old.state_at))
      execute function run_event()`,
  ],
}

/** "even" in ASCII: the class of the advisory locks of those who write events. */
const eventLock = 0x6576656e

/**
 * Positions are drawn before their transaction commits, so a smaller one may become visible later than a larger one, and a reader
 * that goes by position would skip it. Therefore whoever writes events holds, from before it draws its first position until it has
 * committed, a shared advisory lock (nobody ever waits for it) that says which position was the last one drawn by then. Reading
 * what was drawn first, and then who still writes, gives the position below which nothing can appear any more. A transaction takes
 * one such lock, however much it writes: a setting that ends with it remembers; the server has room for a few thousand locks only.
 *
 * Transaction ids would tell the same only until the database is restored elsewhere, and would let any long transaction of any
 * database of the server hold up the stream.
 */
const eventOrder: readonly string[] = [
  `create function event_turn() returns trigger language plpgsql as $$ begin
    if coalesce(current_setting('sluice.event_turn', true), '') = '' then
      perform pg_advisory_xact_lock_shared(${eventLock}, ((last_value - case when is_called then 0 else 1 end) & 2147483647)::integer)
        from event_position_seq;
      perform set_config('sluice.event_turn', 'taken', true);
    end if;
    return null;
  end $$`,
  'create trigger event_turn before insert on event for each statement execute function event_turn()',
  `create function event_horizon() returns bigint language plpgsql as $$ declare drawn bigint; open bigint; begin
    select last_value - case when is_called then 0 else 1 end into drawn from event_position_seq;
    select min(drawn - ((drawn - objid::bigint) & 2147483647)) into open from pg_locks
      where locktype = 'advisory' and classid = ${eventLock} and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())
        and ((drawn - objid::bigint) & 2147483647) < 1073741824;
    return coalesce(open, drawn);
  end $$`,
]

/** Tags of a root run, where runs are found by them. Rows of before this step get theirs below. */
const tagTriggers: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    `create trigger run_tags after insert on run when new.parent_id is null and new.tags is not null
      begin insert or ignore into run_tag (workspace, tag, run_id) select new.workspace, value, new.id from json_each(new.tags); end`,
    `insert or ignore into run_tag (workspace, tag, run_id) select workspace, value, run.id from run, json_each(tags)
      where parent_id is null and tags is not null`,
  ],
  postgres: [
    `create function run_tags() returns trigger language plpgsql as $$ begin
      insert into run_tag (workspace, tag, run_id)
      select distinct new.workspace, value, new.id from json_array_elements_text(new.tags::json) as value;
      return null;
    end $$`,
    `create trigger run_tags after insert on run for each row when (new.parent_id is null and new.tags is not null)
      execute function run_tags()`,
    `insert into run_tag (workspace, tag, run_id) select distinct workspace, value, run.id
      from run, json_array_elements_text(tags::json) as value where parent_id is null and tags is not null`,
  ],
}

/** From when on events answer a wait, by the store's clock: set once, when its row first comes. */
const waitTriggers: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    `create trigger wait_registered after insert on wait
      begin update wait set registered_at = (cast(unixepoch('subsec') * 1000000 as integer)) where id = new.id; end`,
  ],
  postgres: [
    `create function wait_registered() returns trigger language plpgsql as $$ begin
      new.registered_at := ((extract(epoch from clock_timestamp()) * 1000000)::bigint);
      return new;
    end $$`,
    'create trigger wait_registered before insert on wait for each row execute function wait_registered()',
  ],
}

function sqliteEvent(): string {
  return `insert into event (id, workspace, name, key, root_id, deployment_id, payload)
    values (lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8' ||
      substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))), new.workspace, 'run.' || new.state_type, new.flow, new.id,
      new.deployment_id, json_object('flow', new.flow, 'name', new.name, 'state', json_object('type', new.state_type,
      'name', new.state_name, 'at', new.state_at, 'message', new.state_message)));`
}

/** What the database itself does whenever a run, a wait or an event is written. */
export const dispatchTriggers: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [...eventTriggers.sqlite, ...tagTriggers.sqlite, ...waitTriggers.sqlite],
  postgres: [...eventTriggers.postgres, ...eventOrder, ...tagTriggers.postgres, ...waitTriggers.postgres],
}
