import type { Dialect } from '../statement.ts'
import type { Migration } from './migration.ts'

/** Runs and everything that belongs to one: task runs, waits, artifacts, logs, and the cache of results. */
export const createRuns: Migration = {
  version: 1,
  name: 'runs',
  readableFrom: 1,
  statements: (dialect) => [...tables(typesOf(dialect)), ...indexes(typesOf(dialect))],
}

interface Types {
  readonly id: string
  readonly bigint: string
  /** Stands for "no task run" in the identity of an artifact: null is never equal to null. */
  readonly noId: string
  readonly position: string
  /** After the closing bracket. SQLite: types are kept to. */
  readonly end: string
  /** Room in each page for the next version of a run: its journal number changes with every batch. */
  readonly roomy: string
}

function typesOf(dialect: Dialect): Types {
  if (dialect === 'sqlite') {
    return {
      id: 'text',
      bigint: 'integer',
      noId: "''",
      position: 'integer primary key',
      end: 'strict',
      roomy: 'strict',
    }
  }
  return {
    id: 'uuid',
    bigint: 'bigint',
    noId: "'00000000-0000-0000-0000-000000000000'::uuid",
    position: 'bigint generated always as identity primary key',
    end: '',
    roomy: 'with (fillfactor = 70)',
  }
}

const state = (t: Types): string => `
  state_type text not null,
  state_name text not null,
  state_at ${t.bigint} not null,
  state_message text,
  waiting_for text,
  timeline text`

const runTable = (t: Types): string => `create table run (
  id ${t.id} not null primary key,
  workspace text not null,
  created_by text not null,
  root_id ${t.id} not null,
  parent_id ${t.id},
  parent_task_id ${t.id},
  key text,
  flow text not null,
  flow_version text,
  name text,
  description text,
  entrypoint text,
  epoch integer not null default 0,
  journal_seq ${t.bigint} not null default 0,
  seq ${t.bigint},
  crash_count integer not null default 0,
  nondeterministic integer not null default 0,
  checkpoint integer not null default 1,${state(t)},
  attempt integer not null,
  created_at ${t.bigint} not null,
  started_at ${t.bigint},
  ended_at ${t.bigint},
  owner text,
  rerun_of ${t.id},
  tags text,
  upstream text,
  unhandled text,
  error text,
  parameters text,
  parameters_ref text,
  parameters_bytes ${t.bigint},
  result text,
  result_ref text,
  result_bytes ${t.bigint}
) ${t.roomy}`

const taskRunTable = (t: Types): string => `create table task_run (
  id ${t.id} not null primary key,
  root_id ${t.id} not null,
  run_id ${t.id} not null,
  parent_task_id ${t.id},
  key text not null,
  name text not null,
  run_name text,
  version text,
  tags text,
  seq ${t.bigint} not null,
  checkpoint integer not null,
  resumable integer not null,${state(t)},
  attempt integer not null,
  created_at ${t.bigint} not null,
  started_at ${t.bigint},
  ended_at ${t.bigint},
  upstream text,
  unhandled text,
  error text,
  result text,
  result_ref text,
  result_bytes ${t.bigint}
) ${t.end}`

const waitTable = (t: Types): string => `create table wait (
  id ${t.id} not null primary key,
  root_id ${t.id} not null,
  run_id ${t.id} not null,
  parent_task_id ${t.id},
  key text not null,
  kind text not null,
  name text,
  deadline ${t.bigint},
  match text,
  status text not null,
  outcome text,
  outcome_ref text,
  outcome_bytes ${t.bigint},
  checkpoint integer not null,
  created_at ${t.bigint} not null,
  ended_at ${t.bigint},
  seq ${t.bigint} not null
) ${t.end}`

const artifactTable = (t: Types): string => `create table artifact (
  id ${t.id} not null primary key,
  root_id ${t.id} not null,
  run_id ${t.id} not null,
  task_run_id ${t.id},
  key text not null,
  kind text not null,
  description text,
  data text not null,
  created_at ${t.bigint} not null,
  updated_at ${t.bigint} not null
) ${t.end}`

const logTable = (t: Types): string => `create table log (
  position ${t.position},
  root_id ${t.id} not null,
  run_id ${t.id} not null,
  task_run_id ${t.id},
  at ${t.bigint} not null,
  level integer not null,
  message text not null,
  fields text
) ${t.end}`

const cacheTable = (t: Types): string => `create table cache (
  key text not null primary key,
  workspace text not null,
  task text not null,
  result text,
  result_ref text,
  result_bytes ${t.bigint},
  run_id ${t.id} not null,
  task_run_id ${t.id} not null,
  created_at ${t.bigint} not null,
  expires_at ${t.bigint}
) ${t.end}`

const tables = (t: Types): readonly string[] =>
  [runTable, taskRunTable, waitTable, artifactTable, logTable, cacheTable].map((table) => table(t))

const indexes = (t: Types): readonly string[] => [
  // The pages of the run list: all, by flow, by state, by both. Root runs only.
  'create index run_list on run (workspace, id) where parent_id is null',
  'create index run_list_flow on run (workspace, flow, id) where parent_id is null',
  'create index run_list_state on run (workspace, state_type, id) where parent_id is null',
  'create index run_list_flow_state on run (workspace, flow, state_type, id) where parent_id is null',
  // One tree; its child runs by checkpoint key.
  'create index run_tree on run (root_id, id)',
  'create index run_key on run (root_id, key) where key is not null',
  // Few rows at any time: what the check of dead owners reads.
  'create index run_owned on run (id) where owner is not null',
  'create index run_ended on run (ended_at) where parent_id is null and ended_at is not null',
  // The journal's upsert target, and the order in which a tree is read.
  'create unique index task_run_key on task_run (root_id, key)',
  'create index task_run_order on task_run (root_id, seq)',
  'create unique index wait_key on wait (root_id, key)',
  `create unique index artifact_key on artifact (root_id, run_id, coalesce(task_run_id, ${t.noId}), key)`,
  'create index log_order on log (root_id, position)',
  'create index log_task on log (task_run_id, position) where task_run_id is not null',
  'create index cache_expiry on cache (expires_at) where expires_at is not null',
  // Large results by reference, to learn whether anything still needs one. Empty while results are small.
  'create index run_parameters_ref on run (parameters_ref) where parameters_ref is not null',
  'create index run_result_ref on run (result_ref) where result_ref is not null',
  'create index task_run_result_ref on task_run (result_ref) where result_ref is not null',
  'create index wait_outcome_ref on wait (outcome_ref) where outcome_ref is not null',
  'create index cache_result_ref on cache (result_ref) where result_ref is not null',
]
