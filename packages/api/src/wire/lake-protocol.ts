import * as z from 'zod'
import { count, id, json, jsonObject, label, micros, text } from '../basics.ts'
import { checkFinding, newIncident, snapshotId, tableName } from '../entities/lake.ts'

// What the catalogue of a run's engine and its server say to each other: the terms of Iceberg's REST specification, with ids of
// 63 bits as decimal text and bytes in base64.

const url = text(2_000)
const key = text(1_024)
const number = z.int().min(-1).max(Number.MAX_SAFE_INTEGER)
const refName = label(200)

const requirement = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('assert-create') }),
  z.strictObject({ type: z.literal('assert-table-uuid'), uuid: id }),
  z.strictObject({
    type: z.literal('assert-ref-snapshot-id'),
    ref: refName,
    'snapshot-id': snapshotId.nullable(),
  }),
  z.strictObject({ type: z.literal('assert-last-assigned-field-id'), 'last-assigned-field-id': number }),
  z.strictObject({ type: z.literal('assert-current-schema-id'), 'current-schema-id': number }),
  z.strictObject({ type: z.literal('assert-last-assigned-partition-id'), 'last-assigned-partition-id': number }),
  z.strictObject({ type: z.literal('assert-default-spec-id'), 'default-spec-id': number }),
  z.strictObject({ type: z.literal('assert-default-sort-order-id'), 'default-sort-order-id': number }),
])

const partitionField = z.strictObject({
  'source-id': number,
  'field-id': number,
  name: text(500),
  transform: text(40),
})
const sortField = z.strictObject({
  transform: text(40),
  'source-id': number,
  direction: z.enum(['asc', 'desc']),
  'null-order': z.enum(['nulls-first', 'nulls-last']),
})
const properties = z.record(text(500), text(100_000))
const operationName = z.enum(['append', 'replace', 'overwrite', 'delete'])
const summary = z.strictObject({ operation: operationName }).catchall(text(100_000))

const snapshot = z.strictObject({
  'snapshot-id': snapshotId,
  'parent-snapshot-id': snapshotId.exactOptional(),
  'sequence-number': count,
  'timestamp-ms': count,
  'manifest-list': url,
  summary,
  'schema-id': number.exactOptional(),
})

const update = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('assign-uuid'), uuid: id }),
  // Looked at by the catalogue, type by type.
  z.strictObject({ action: z.literal('add-schema'), schema: jsonObject }),
  z.strictObject({ action: z.literal('set-current-schema'), 'schema-id': number }),
  z.strictObject({
    action: z.literal('add-spec'),
    spec: z.strictObject({ 'spec-id': number, fields: z.array(partitionField).max(1_000) }),
  }),
  z.strictObject({ action: z.literal('set-default-spec'), 'spec-id': number }),
  z.strictObject({
    action: z.literal('add-sort-order'),
    'sort-order': z.strictObject({ 'order-id': number, fields: z.array(sortField).max(1_000) }),
  }),
  z.strictObject({ action: z.literal('set-default-sort-order'), 'sort-order-id': number }),
  z.strictObject({ action: z.literal('add-snapshot'), snapshot }),
  z.strictObject({
    action: z.literal('set-snapshot-ref'),
    'ref-name': refName,
    'snapshot-id': snapshotId,
    type: z.enum(['branch', 'tag']),
    'min-snapshots-to-keep': count.exactOptional(),
    'max-snapshot-age-ms': count.exactOptional(),
    'max-ref-age-ms': count.exactOptional(),
  }),
  z.strictObject({ action: z.literal('remove-snapshots'), 'snapshot-ids': z.array(snapshotId).max(100_000) }),
  z.strictObject({ action: z.literal('remove-snapshot-ref'), 'ref-name': refName }),
  z.strictObject({ action: z.literal('set-location'), location: url }),
  z.strictObject({ action: z.literal('set-properties'), updates: properties }),
  z.strictObject({ action: z.literal('remove-properties'), removals: z.array(text(500)).max(10_000) }),
])

const base64 = z
  .string()
  .max(100_000)
  .regex(/^[A-Za-z0-9+/]*={0,2}$/, 'expected base64')

const manifest = z.strictObject({
  path: url,
  length: count,
  specId: number,
  content: z.enum(['data', 'deletes']),
  sequenceNumber: number,
  minSequenceNumber: number,
  addedSnapshotId: snapshotId,
  addedFiles: count,
  existingFiles: count,
  deletedFiles: count,
  addedRows: count,
  existingRows: count,
  deletedRows: count,
  partitions: z
    .array(
      z.strictObject({
        containsNull: z.boolean(),
        containsNan: z.boolean().exactOptional(),
        lower: base64.exactOptional(),
        upper: base64.exactOptional(),
      }),
    )
    .max(1_000),
})

/** What one file of a load's source was, or all of its rows. */
const rawPart = z.strictObject({
  n: count,
  source: text(10_000).exactOptional(),
  address: text(10_000).exactOptional(),
  key: key.exactOptional(),
  size: count,
  sha256: text(64).exactOptional(),
  modifiedAt: z.number().exactOptional(),
  receivedAt: z.number(),
  mediaType: text(200).exactOptional(),
  rows: z.strictObject({ records: count, kinds: z.array(z.tuple([text(10_000), count])).max(100_000) }).exactOptional(),
})

/** A load as the ledger has it. */
export const wireLoad = z
  .strictObject({
    id: text(1_000),
    branch: refName,
    operation: z.enum(['append', 'replace', 'overwrite', 'merge', 'delete']),
    state: z.enum(['committed', 'staged', 'blocked', 'published', 'dropped']),
    snapshotId: snapshotId.nullable(),
    source: text(100_000),
    counts: z.strictObject({
      records: count,
      loaded: count,
      quarantined: count,
      discarded: count,
      filtered: count,
    }),
    changes: z.strictObject({ inserted: count, updated: count, deleted: count }).exactOptional(),
    cursor: json.exactOptional(),
    raw: z.array(rawPart).max(1_000_000).exactOptional(),
    rootId: id.exactOptional(),
    taskRunId: id.exactOptional(),
    at: micros.exactOptional(),
  })
  .meta({ id: 'WireLoad' })

const tableChange = z.strictObject({
  name: tableName,
  directory: key.exactOptional(),
  requirements: z.array(requirement).max(100),
  updates: z.array(update).max(1_000),
  append: z
    .strictObject({
      branch: refName,
      from: z.literal('main').exactOptional(),
      snapshotId,
      schemaId: number,
      manifests: z.array(manifest).max(10_000),
      summary,
    })
    .exactOptional(),
  lease: count.exactOptional(),
  load: wireLoad.exactOptional(),
  files: z.array(text(2_000)).max(100_000).exactOptional(),
  checks: z.array(checkFinding).max(1_000).exactOptional(),
  incident: newIncident.exactOptional(),
  resolved: z.strictObject({ loadId: text(1_000), note: text(4_000).nullable() }).exactOptional(),
})

/** All changes or none. The id makes a repeated commit the same commit; the token says whose it is. */
export const lakeCommit = z
  .strictObject({
    id: label(200),
    taskRunId: id.exactOptional(),
    /** None: it only keeps what a writer was about to commit from being so. */
    tables: z.array(tableChange).max(1_000),
    found: z
      .array(z.strictObject({ fileset: tableName, name: text(1_000), searchText: text(200_000).nullable() }))
      .max(10_000)
      .exactOptional(),
    reads: z
      .array(z.strictObject({ dataset: text(2_000), snapshotId: snapshotId.exactOptional() }))
      .max(10_000)
      .exactOptional(),
  })
  .meta({ id: 'LakeCommit' })

/** A table, and the metadata file that is current. */
export const tablePointer = z
  .strictObject({ id, name: tableName, directory: key, metadataKey: key, version: count })
  .meta({ id: 'TablePointer' })

export const lakeReceipt = z
  .strictObject({ tables: z.array(tablePointer).readonly(), repeated: z.boolean() })
  .meta({ id: 'LakeReceipt' })

/** Where the lake is: its files are read and written there by the run itself. */
export const openedLake = z.strictObject({ catalog: id, storage: url }).meta({ id: 'OpenedLake' })

export const fileQuestion = z.strictObject({ branch: refName, identities: z.array(text(2_000)).max(100_000) })

/** What the run read and wrote beside its commits. */
export const lineageRecords = z.strictObject({
  records: z
    .array(
      z.strictObject({
        direction: z.enum(['read', 'write']),
        dataset: text(2_000),
        snapshotId: snapshotId.exactOptional(),
        taskRunId: id.exactOptional(),
        detail: z
          .strictObject({ rows: count.exactOptional(), description: text(2_000).exactOptional() })
          .exactOptional(),
      }),
    )
    .max(10_000),
})

export type LineageRecordsInput = z.input<typeof lineageRecords>
export type LakeCommitInput = z.input<typeof lakeCommit>
export type WireLoad = z.output<typeof wireLoad>
