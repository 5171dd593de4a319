import type {
  LakeCommitEntry,
  LakeTableChange,
  LakeTransaction,
  NewLakeCheck,
  NewLakeIncident,
  NewLakeLoad,
  NewLakeSnapshot,
} from '../lake-store.ts'
import { newId } from './records.testsuite.ts'

/** A table that is made. */
export function newTable(name: string, fields: Partial<LakeTableChange> = {}): LakeTableChange {
  return {
    id: newId(),
    name,
    directory: `${name.replace('.', '/')}-0a1b2c3d`,
    expectedVersion: 0,
    metadataKey: `${name}/v1`,
    addedSnapshots: [],
    removedSnapshots: [],
    refs: [],
    ...fields,
  }
}

/** The next commit of a table. */
export function nextOf(table: LakeTableChange, fields: Partial<LakeTableChange> = {}): LakeTableChange {
  const version = table.expectedVersion + 1
  return { ...table, expectedVersion: version, metadataKey: `${table.name}/v${version + 1}`, ...fields }
}

export function snapshot(sequenceNumber: number, fields: Partial<NewLakeSnapshot> = {}): NewLakeSnapshot {
  return {
    snapshotId: String(9_223_372_036_854_770_000n + BigInt(sequenceNumber)),
    parentId: null,
    sequenceNumber,
    operation: 'append',
    schemaId: 0,
    summary: '{"operation":"append"}',
    rootId: null,
    taskRunId: null,
    loadId: null,
    ...fields,
  }
}

export function load(tableId: string, id: string, fields: Partial<NewLakeLoad> = {}): NewLakeLoad {
  return {
    tableId,
    id,
    branch: 'main',
    operation: 'append',
    state: 'committed',
    snapshotId: '7',
    source: 'file.csv',
    records: 10,
    loaded: 8,
    quarantined: 1,
    discarded: 1,
    filtered: 0,
    cursor: '{"max":"2026"}',
    files: [],
    ...fields,
  }
}

export function check(tableId: string, name: string, fields: Partial<NewLakeCheck> = {}): NewLakeCheck {
  return {
    tableId,
    snapshotId: '7',
    name,
    severity: 'block',
    outcome: 'passed',
    failing: 0,
    detail: '{}',
    loadId: 'l',
    ...fields,
  }
}

export function incident(tableName: string, loadId: string, fields: Partial<NewLakeIncident> = {}): NewLakeIncident {
  return { id: newId(), tableId: null, tableName, kind: 'blocked', loadId, snapshotId: '7', detail: '{}', ...fields }
}

/** One commit of these tables. */
export function committing(
  tables: readonly LakeTableChange[],
  fields: Partial<LakeCommitEntry> = {},
): LakeTransaction & { readonly commits: readonly [LakeCommitEntry] } {
  const commit: LakeCommitEntry = {
    id: newId(),
    run: null,
    createdBy: 'ada',
    loads: [],
    lineage: [],
    tables: tables.map(({ name }) => name),
    ...fields,
  }
  return { commits: [commit], tables }
}
