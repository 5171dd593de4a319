import type { Dialect } from '../statement.ts'
import type { Migration } from './migration.ts'

/**
 * The lake's catalogue: which metadata file of each table is the current one, and what moves with it in one transaction. Ids of
 * snapshots have 63 bits and are decimal text.
 */
export const lakeTables: Migration = {
  version: 3,
  name: 'lake',
  readableFrom: 1,
  statements: (dialect) => {
    const t = typesOf(dialect)
    return [...tables(t), ...history(t), ...indexes]
  },
}

interface Types {
  readonly id: string
  readonly bigint: string
  /** Order by bytes, for texts that are looked for by their beginning. */
  readonly byBytes: string
  /** After the closing bracket. */
  readonly end: string
  /** For tables that are nothing but their primary key and what it finds. */
  readonly rowless: string
}

function typesOf(dialect: Dialect): Types {
  if (dialect === 'sqlite')
    return { id: 'text', bigint: 'integer', byBytes: '', end: 'strict', rowless: 'strict, without rowid' }
  return { id: 'uuid', bigint: 'bigint', byBytes: 'collate "C"', end: '', rowless: '' }
}

const tables = (t: Types): readonly string[] => [
  // The pointer: moved from `version` to the next one by whoever still finds that version. A dropped table keeps its row, and its
  // ledger; the name is free again.
  `create table lake_table (
    id ${t.id} not null primary key,
    workspace text not null,
    name text ${t.byBytes} not null,
    directory text not null,
    metadata_key text not null,
    version ${t.bigint} not null,
    created_by text not null,
    created_at ${t.bigint} not null,
    updated_at ${t.bigint} not null,
    dropped_at ${t.bigint}
  ) ${t.end}`,
  `create table lake_ref (
    table_id ${t.id} not null,
    name text not null,
    kind text not null,
    snapshot_id text not null,
    primary key (table_id, name)
  ) ${t.rowless}`,
  `create table lake_snapshot (
    table_id ${t.id} not null,
    snapshot_id text not null,
    parent_id text,
    sequence_number ${t.bigint} not null,
    operation text not null,
    schema_id integer,
    summary text not null,
    root_id ${t.id},
    task_run_id ${t.id},
    load_id text,
    committed_at ${t.bigint} not null,
    primary key (table_id, snapshot_id)
  ) ${t.end}`,
]

const history = (t: Types): readonly string[] => [
  // A commit that comes again is answered from here. `root_id` and `epoch` say under which fence it was made.
  `create table lake_commit (
    id text not null primary key,
    workspace text not null,
    root_id ${t.id},
    epoch ${t.bigint},
    receipt text not null,
    created_by text not null,
    created_at ${t.bigint} not null
  ) ${t.end}`,
  // The ledger: it outlives the snapshots of its loads.
  `create table lake_load (
    table_id ${t.id} not null,
    id text not null,
    branch text not null,
    operation text not null,
    state text not null,
    snapshot_id text,
    source text not null,
    records ${t.bigint} not null,
    loaded ${t.bigint} not null,
    quarantined ${t.bigint} not null,
    discarded ${t.bigint} not null,
    filtered ${t.bigint} not null,
    load_cursor text,
    root_id ${t.id},
    task_run_id ${t.id},
    at ${t.bigint} not null,
    primary key (table_id, id)
  ) ${t.end}`,
  `create table lake_load_file (
    table_id ${t.id} not null,
    branch text not null,
    identity text not null,
    load_id text not null,
    primary key (table_id, branch, identity)
  ) ${t.rowless}`,
  // (run, task) read or wrote (dataset, snapshot). Datasets of outside are URLs and have no snapshot.
  `create table lake_lineage (
    commit_id text not null,
    direction text not null,
    dataset text ${t.byBytes} not null,
    snapshot_id text not null,
    workspace text not null,
    root_id ${t.id},
    task_run_id ${t.id},
    at ${t.bigint} not null,
    primary key (commit_id, direction, dataset, snapshot_id)
  ) ${t.rowless}`,
]

const indexes: readonly string[] = [
  'create unique index lake_table_name on lake_table (workspace, name) where dropped_at is null',
  'create index lake_snapshot_order on lake_snapshot (table_id, sequence_number)',
  'create index lake_commit_age on lake_commit (created_at)',
  'create index lake_load_order on lake_load (table_id, at, id)',
  'create index lake_lineage_dataset on lake_lineage (workspace, dataset, at)',
  'create index lake_lineage_run on lake_lineage (root_id, at) where root_id is not null',
]
