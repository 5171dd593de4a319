import type { Dialect } from '../statement.ts'
import type { Migration } from './migration.ts'

/** Whose turn it is to rewrite a table, what checks said of its versions, what went wrong, and what it is found by. */
export const lakeTrust: Migration = {
  version: 5,
  name: 'lake-trust',
  readableFrom: 1,
  statements: (dialect) => [...tables(dialect), ...views(dialect), ...files(dialect), ...added, ...indexes],
}

function tables(dialect: Dialect): readonly string[] {
  const sqlite = dialect === 'sqlite'
  const id = sqlite ? 'text' : 'uuid'
  const bigint = sqlite ? 'integer' : 'bigint'
  const end = sqlite ? 'strict' : ''
  const bytes = sqlite ? '' : 'collate "C"'
  return [
    // The line of those who want to rewrite a table: the lowest ticket that has not expired has the lease, its number is the epoch.
    // Not the table's id: a name can be waited for before its table is made.
    `create table lake_ticket (
      workspace text not null,
      table_name text not null,
      ticket ${bigint} not null,
      holder text not null,
      expires_at ${bigint} not null,
      primary key (workspace, table_name, ticket)
    ) ${end}`,
    // Tickets go up for ever, also when the line is empty.
    `create table lake_ticket_counter (
      workspace text not null,
      table_name text not null,
      last ${bigint} not null,
      primary key (workspace, table_name)
    ) ${end}`,
    `create table lake_check (
      table_id ${id} not null,
      snapshot_id text not null,
      name text not null,
      severity text not null,
      outcome text not null,
      failing ${bigint},
      detail text not null,
      load_id text,
      root_id ${id},
      at ${bigint} not null,
      primary key (table_id, snapshot_id, name)
    ) ${end}`,
    // One for each thing that went wrong, however often it is found again.
    `create table lake_incident (
      id ${id} not null primary key,
      workspace text not null,
      table_id ${id},
      table_name text ${bytes} not null,
      kind text not null,
      load_id text not null,
      snapshot_id text,
      state text not null,
      detail text not null,
      root_id ${id},
      opened_at ${bigint} not null,
      closed_at ${bigint},
      closed_by text,
      note text
    ) ${end}`,
  ]
}

function views(dialect: Dialect): readonly string[] {
  const [bigint, bytes, end] = dialect === 'sqlite' ? ['integer', '', 'strict'] : ['bigint', 'collate "C"', '']
  return [
    `create table lake_view (
      workspace text not null,
      name text ${bytes} not null,
      query text not null,
      description text,
      reads text not null,
      search_text text not null,
      created_by text not null,
      created_at ${bigint} not null,
      updated_at ${bigint} not null,
      primary key (workspace, name)
    ) ${end}`,
  ]
}

/** Files that filesets hold now: what they are found by. What they are, the fileset's own table says. */
function files(dialect: Dialect): readonly string[] {
  const [bytes, end] = dialect === 'sqlite' ? ['', 'strict, without rowid'] : ['collate "C"', '']
  return [
    `create table lake_file (
      workspace text not null,
      fileset text ${bytes} not null,
      name text ${bytes} not null,
      search_text text not null,
      primary key (workspace, fileset, name)
    ) ${end}`,
  ]
}

const added: readonly string[] = [
  // What a table is found by, in lower case: name, columns, descriptions, tags, owner.
  'alter table lake_table add column search_text text',
  // Of what lies outside of the lake: what its reader or writer says of it. JSON.
  'alter table lake_lineage add column detail text',
  // Who did it: of what is done outside of runs nothing else tells.
  'alter table lake_lineage add column actor text',
  // Of a load that changed rows that were there: how many it inserted, updated and deleted. JSON.
  'alter table lake_load add column changes text',
  // What the source of a load gave, or where that is. JSON.
  'alter table lake_load add column raw text',
]

const indexes: readonly string[] = [
  'create index lake_check_order on lake_check (table_id, at)',
  'create unique index lake_incident_once on lake_incident (workspace, table_name, kind, load_id)',
  'create index lake_incident_order on lake_incident (workspace, opened_at, id)',
  'create index lake_incident_state on lake_incident (workspace, state, opened_at, id)',
  'create index lake_incident_table on lake_incident (workspace, table_name, opened_at, id)',
  'create index lake_ref_name on lake_ref (name, kind)',
  'create index lake_lineage_time on lake_lineage (workspace, at)',
]
