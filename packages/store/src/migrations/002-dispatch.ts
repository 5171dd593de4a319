import type { Dialect } from '../statement.ts'
import { dispatchTriggers } from './002-triggers.ts'
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
    return [
      ...columns(t),
      ...dispatchTables(t),
      ...limitTables(t),
      ...deploymentTables(t),
      ...installationTables(t),
      ...indexes(t),
      ...rows(t),
      ...dispatchTriggers[dialect],
    ]
  },
}

interface Types {
  readonly id: string
  readonly bigint: string
  readonly position: string
  /** The store's clock, in microseconds. */
  readonly now: string
  /** Order by bytes, for texts that are looked for by their beginning. */
  readonly byBytes: string
  /** How an index is made that only finds equal values. */
  readonly byEquality: string
  /** After the closing bracket. */
  readonly end: string
  /** For rows that are written over and over: room in each page, and vacuum before it hurts. */
  readonly hot: string
  /** For tables that are nothing but their primary key. */
  readonly rowless: string
}

function typesOf(dialect: Dialect): Types {
  if (dialect === 'sqlite') {
    return {
      id: 'text',
      bigint: 'integer',
      position: 'integer primary key autoincrement',
      now: "(cast(unixepoch('subsec') * 1000000 as integer))",
      byBytes: '',
      byEquality: '',
      end: 'strict',
      hot: 'strict',
      rowless: 'strict, without rowid',
    }
  }
  return {
    id: 'uuid',
    bigint: 'bigint',
    position: 'bigint generated always as identity primary key',
    now: '((extract(epoch from clock_timestamp()) * 1000000)::bigint)',
    byBytes: 'collate "C"',
    byEquality: 'using hash',
    end: '',
    hot: 'with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)',
    rowless: '',
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
    // 1 while the run may hold slots of named limits or stand in line for some: its end must look.
    'holds integer not null default 0',
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

/** Runs that wait, where they wait, and who takes them. */
const dispatchTables = (t: Types): readonly string[] => [
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
]

/** What limits runs across processes, and what was said of single ones. */
const limitTables = (t: Types): readonly string[] => [
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
    workspace text not null,
    tag text not null,
    run_id ${t.id} not null,
    primary key (workspace, tag, run_id)
  ) ${t.rowless}`,
]

/** Deployments and their schedules. */
const deploymentTables = (t: Types): readonly string[] => [
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
  // Identity (deployment, slug) survives redeploys. `declared_active` is what the code said last, `active` what holds: an operator
  // may have paused it since. `enabled` = active and its deployment not paused: what the firing index reads.
  `create table schedule (
    id ${t.id} not null primary key,
    deployment_id ${t.id} not null,
    slug text not null,
    spec text not null,
    parameters text,
    declared_active integer not null default 1,
    active integer not null default 1,
    enabled integer not null default 1,
    misfire_grace_ms ${t.bigint} not null,
    catch_up text not null,
    next_at ${t.bigint},
    last_at ${t.bigint},
    created_at ${t.bigint} not null,
    updated_at ${t.bigint} not null
  ) ${t.hot}`,
]

/** What runs read, who may call, and what happened. */
const installationTables = (t: Types): readonly string[] => [
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
    recorded_at ${t.bigint} not null default ${t.now}
  ) ${t.end}`,
]

const indexes = (t: Types): readonly string[] => [
  // The due index: one range per claim. What is not due yet, or in a queue that is paused or full, is passed over in the index.
  'create index run_queue_due on run_queue (pool, order_at, run_id, due_at, queue) where parked_on is null',
  // How far beyond now the range of due runs reaches: as far as the lowest priority puts one off. Nearly always empty.
  'create index run_queue_low on run_queue (pool, (order_at - due_at)) where order_at > due_at',
  // The condition that always holds keeps it for those who name it. A claim must not be served by it, which PostgreSQL would try
  // whenever it knows little of the table: all due runs would be read and sorted.
  'create index run_queue_next on run_queue (pool, due_at) where parked_on is null and due_at > 0',
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
  // By hash on PostgreSQL: in order of runs it would be walked to find those of a tag.
  `create index run_tag_run on run_tag ${t.byEquality} (run_id)`,
  // More pages of the run list.
  'create index run_list_deployment on run (deployment_id, id) where deployment_id is not null',
  'create index run_list_deployment_state on run (deployment_id, state_type, id) where deployment_id is not null',
  `create index run_list_name on run (workspace, name ${t.byBytes}, id) where parent_id is null and name is not null`,
  'create index run_list_started_by on run (started_by, id) where started_by is not null',
  // Child runs in the order of the journal: what changed in a tree since a number.
  'create index run_child_seq on run (root_id, seq) where seq is not null',
  // Waits that somebody outside may answer, and those that are answered and not yet taken.
  "create index wait_open_run on wait (target_run_id) where status = 'open' and answered_at is null and target_run_id is not null",
  "create index wait_open_event on wait (event_name, event_key) where status = 'open' and answered_at is null and event_name is not null",
  "create index wait_open on wait (id) where status = 'open'",
  "create index wait_answered on wait (root_id) where status = 'open' and answered_at is not null",
  // A user's event is one however often it is sent. Those that the database writes itself come once.
  "create unique index event_id on event (id) where name not like 'run.%'",
  'create index event_name on event (name, recorded_at, position)',
  // The first event that answers a wait with a key.
  'create index event_match on event (name, key, recorded_at, position) where key is not null',
  'create index event_root on event (root_id, position) where root_id is not null',
]

const rows = (t: Types): readonly string[] => [
  `insert into work_pool (name, kind, created_at, updated_at) values ('default', 'process', ${t.now}, ${t.now})`,
  `insert into work_queue (pool, name, created_at, updated_at) values ('default', 'default', ${t.now}, ${t.now})`,
]
