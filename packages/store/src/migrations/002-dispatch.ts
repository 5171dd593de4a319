import type { Dialect } from '../statement.ts'
import type { Migration } from './migration.ts'

/**
 * Runs that start by themselves, anywhere: deployments and schedules, the queue of runs that wait for a worker, workers and
 * what they hold, limits across processes, answers to waits, events, and what an installation keeps (variables, blocks, tokens).
 */
export const dispatchRuns: Migration = {
  version: 2,
  name: 'dispatch',
  readableFrom: 1,
  statements: (dialect) => {
    const t = typesOf(dialect)
    return [...columns(t), ...tables(t), ...indexes, ...rows(t), ...eventTriggers[dialect], ...waitTriggers[dialect]]
  },
}

interface Types {
  readonly id: string
  readonly bigint: string
  readonly position: string
  /** The store's clock, in microseconds. */
  readonly now: string
  /** After the closing bracket. */
  readonly end: string
  /** For rows that are written over and over: room in each page, and vacuum before it hurts. */
  readonly hot: string
}

function typesOf(dialect: Dialect): Types {
  if (dialect === 'sqlite') {
    return {
      id: 'text',
      bigint: 'integer',
      position: 'integer primary key autoincrement',
      now: "(cast(unixepoch('subsec') * 1000000 as integer))",
      end: 'strict',
      hot: 'strict',
    }
  }
  return {
    id: 'uuid',
    bigint: 'bigint',
    position: 'bigint generated always as identity primary key',
    now: '((extract(epoch from clock_timestamp()) * 1000000)::bigint)',
    end: '',
    hot: 'with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)',
  }
}

/** What a run knows of where it came from and where it runs. All empty for script runs and child runs. */
const columns = (t: Types): readonly string[] => [
  ...[
    `deployment_id ${t.id}`,
    `deployment_version_id ${t.id}`,
    `schedule_id ${t.id}`,
    `interval_start ${t.bigint}`,
    `interval_end ${t.bigint}`,
    'pool text',
    'queue text',
    'priority integer',
    `due_at ${t.bigint}`,
    'job_variables text',
    `started_by ${t.id}`,
  ].map((column) => `alter table run add column ${column}`),
  // What a wait waits for, where others can find it; and the answer, which the journal never writes over.
  ...[
    `target_run_id ${t.id}`,
    'event_name text',
    'event_key text',
    `registered_at ${t.bigint}`,
    `answered_at ${t.bigint}`,
    'answer text',
    'answered_by text',
  ].map((column) => `alter table wait add column ${column}`),
]

const tables = (t: Types): readonly string[] => [
  // One narrow row per run that waits to be claimed, now or later. `order_at` = due − priority × 60 s, fixed when it enters.
  `create table run_queue (
    run_id ${t.id} not null primary key,
    pool text not null,
    queue text not null,
    order_at ${t.bigint} not null,
    due_at ${t.bigint} not null,
    late integer not null default 0,
    parked_on text
  ) ${t.hot}`,
  `create table work_pool (
    name text not null primary key,
    kind text not null,
    description text,
    concurrency integer,
    paused integer not null default 0,
    created_at ${t.bigint} not null,
    updated_at ${t.bigint} not null
  ) ${t.end}`,
  `create table work_queue (
    pool text not null,
    name text not null,
    concurrency integer,
    priority integer not null default 0,
    paused integer not null default 0,
    created_at ${t.bigint} not null,
    updated_at ${t.bigint} not null,
    primary key (pool, name)
  ) ${t.end}`,
  // One row per incarnation of a worker process.
  `create table worker (
    id ${t.id} not null primary key,
    name text not null,
    pool text not null,
    queues text,
    host text not null,
    pid integer not null,
    version text not null,
    mode text not null,
    capacity integer not null,
    started_at ${t.bigint} not null,
    stopped_at ${t.bigint}
  ) ${t.end}`,
  // Renewed by every heartbeat: as narrow as can be.
  `create table worker_lease (
    worker_id ${t.id} not null primary key,
    expires_at ${t.bigint} not null,
    seen_at ${t.bigint} not null,
    draining integer not null default 0
  ) ${t.hot}`,
  // Which worker holds which run. Gone when the run ends, suspends or is taken from it.
  `create table assignment (
    root_id ${t.id} not null primary key,
    epoch integer not null,
    worker_id ${t.id} not null,
    request_id ${t.id} not null,
    pool text not null,
    queue text not null,
    claimed_at ${t.bigint} not null
  ) ${t.end}`,
  `create table concurrency_limit (
    name text not null primary key,
    slots integer not null,
    origin text not null,
    created_at ${t.bigint} not null,
    updated_at ${t.bigint} not null
  ) ${t.end}`,
  // Held by (root run, epoch, key of what holds it); a superseded epoch holds nothing.
  `create table limit_slot (
    root_id ${t.id} not null,
    key text not null,
    limit_name text not null,
    epoch integer not null,
    slots integer not null,
    granted_at ${t.bigint} not null,
    primary key (root_id, key, limit_name)
  ) ${t.end}`,
  // First come, first served, per limit that the waiter met full.
  `create table limit_waiter (
    position ${t.position},
    root_id ${t.id} not null,
    key text not null,
    epoch integer not null,
    waiting_on text not null,
    needs text not null,
    since ${t.bigint} not null
  ) ${t.end}`,
  // Asked for from outside, read by the run's owner: task runs that are to be cancelled.
  `create table task_cancel (
    root_id ${t.id} not null,
    task_run_id ${t.id} not null,
    asked_at ${t.bigint} not null,
    primary key (root_id, task_run_id)
  ) ${t.end}`,
  `create table idempotency (
    workspace text not null,
    key text not null,
    run_id ${t.id} not null,
    request_hash text not null,
    created_at ${t.bigint} not null,
    primary key (workspace, key)
  ) ${t.end}`,
  `create table run_tag (
    tag text not null,
    run_id ${t.id} not null,
    primary key (tag, run_id)
  ) ${t.end}`,
  `create table deployment (
    id ${t.id} not null primary key,
    workspace text not null,
    flow text not null,
    name text not null,
    description text,
    tags text,
    entrypoint text not null,
    source text not null,
    parameters text,
    parameter_schema text,
    pool text not null,
    queue text not null,
    priority integer not null default 0,
    job_variables text,
    paused integer not null default 0,
    version_id ${t.id} not null,
    created_by text not null,
    created_at ${t.bigint} not null,
    updated_at ${t.bigint} not null
  ) ${t.end}`,
  `create table deployment_version (
    id ${t.id} not null primary key,
    deployment_id ${t.id} not null,
    number integer not null,
    content_hash text not null,
    entrypoint text not null,
    source text not null,
    parameter_schema text,
    created_by text not null,
    created_at ${t.bigint} not null
  ) ${t.end}`,
  // Identity (deployment, slug) survives redeploys. `enabled` = active and its deployment not paused: what the firing index reads.
  `create table schedule (
    id ${t.id} not null primary key,
    deployment_id ${t.id} not null,
    slug text not null,
    spec text not null,
    parameters text,
    active integer not null default 1,
    enabled integer not null default 1,
    misfire_grace_ms ${t.bigint} not null,
    catch_up text not null,
    next_at ${t.bigint},
    last_at ${t.bigint},
    created_at ${t.bigint} not null,
    updated_at ${t.bigint} not null
  ) ${t.hot}`,
  `create table variable (
    workspace text not null,
    name text not null,
    value text not null,
    created_at ${t.bigint} not null,
    updated_at ${t.bigint} not null,
    primary key (workspace, name)
  ) ${t.end}`,
  `create table block (
    id ${t.id} not null primary key,
    workspace text not null,
    kind text not null,
    name text not null,
    fields text not null,
    secrets text,
    created_at ${t.bigint} not null,
    updated_at ${t.bigint} not null
  ) ${t.end}`,
  `create table api_token (
    id ${t.id} not null primary key,
    workspace text not null,
    name text not null,
    hash text not null,
    scopes text not null,
    created_by text not null,
    created_at ${t.bigint} not null,
    expires_at ${t.bigint},
    revoked_at ${t.bigint}
  ) ${t.end}`,
  `create table setting (
    key text not null primary key,
    value text not null
  ) ${t.end}`,
  // The stream: run-level states, written by the triggers below in the transaction of the change, and users' events.
  `create table event (
    position ${t.position},
    id ${t.id} not null,
    workspace text not null,
    name text not null,
    key text,
    root_id ${t.id},
    deployment_id ${t.id},
    payload text,
    recorded_at ${t.bigint} not null default ${t.now}${t.id === 'uuid' ? ', xid xid8 not null default pg_current_xact_id()' : ''}
  ) ${t.end}`,
]

const indexes: readonly string[] = [
  // The due index: one range per claim.
  'create index run_queue_due on run_queue (pool, order_at, run_id) where parked_on is null',
  'create index run_queue_late on run_queue (due_at) where late = 0',
  'create index run_queue_parked on run_queue (parked_on, order_at) where parked_on is not null',
  'create index worker_live on worker (pool) where stopped_at is null',
  'create index worker_lease_expiry on worker_lease (expires_at)',
  'create index assignment_worker on assignment (worker_id, request_id)',
  'create index assignment_pool on assignment (pool, queue)',
  'create index limit_slot_limit on limit_slot (limit_name)',
  'create unique index limit_waiter_key on limit_waiter (root_id, key)',
  'create index limit_waiter_order on limit_waiter (waiting_on, position)',
  'create unique index deployment_name on deployment (workspace, flow, name)',
  'create unique index deployment_version_number on deployment_version (deployment_id, number)',
  'create unique index deployment_version_hash on deployment_version (deployment_id, content_hash)',
  'create unique index schedule_slug on schedule (deployment_id, slug)',
  'create index schedule_due on schedule (next_at) where enabled = 1 and next_at is not null',
  'create unique index block_name on block (workspace, kind, name)',
  'create unique index api_token_hash on api_token (hash)',
  'create index idempotency_run on idempotency (run_id)',
  'create index run_tag_run on run_tag (run_id)',
  // More pages of the run list.
  'create index run_list_deployment on run (deployment_id, id) where deployment_id is not null',
  'create index run_list_deployment_state on run (deployment_id, state_type, id) where deployment_id is not null',
  'create index run_list_name on run (workspace, name, id) where parent_id is null and name is not null',
  // Waits that somebody outside may answer, and those that are answered and not yet taken.
  "create index wait_open_run on wait (target_run_id) where status = 'open' and answered_at is null and target_run_id is not null",
  "create index wait_open_event on wait (event_name, event_key) where status = 'open' and answered_at is null and event_name is not null",
  "create index wait_open on wait (id) where status = 'open' and answered_at is null",
  "create index wait_answered on wait (root_id) where status = 'open' and answered_at is not null",
  'create index event_name on event (name, recorded_at)',
  'create index event_recorded on event (recorded_at)',
]

const rows = (t: Types): readonly string[] => [
  `insert into work_pool (name, kind, created_at, updated_at) values ('default', 'process', ${t.now}, ${t.now})`,
  `insert into work_queue (pool, name, created_at, updated_at) values ('default', 'default', ${t.now}, ${t.now})`,
]

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

/** From when on events answer a wait, by the store's clock: set once, when its row first comes. */
const waitTriggers: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: [
    `create trigger wait_registered after insert on wait
      begin update wait set registered_at = ${typesOf('sqlite').now} where id = new.id; end`,
  ],
  postgres: [
    `create function wait_registered() returns trigger language plpgsql as $$ begin
      new.registered_at := ${typesOf('postgres').now};
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
