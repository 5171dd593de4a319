import * as z from 'zod'
import { count, id, json, jsonObject, text, time } from '../basics.ts'

/** `namespace.table` */
export const tableName = z
  .string()
  .max(257)
  .regex(/^[a-z][a-z0-9_]{0,127}\.[a-z][a-z0-9_]{0,127}$/, 'expected namespace.table, of small letters, digits and _')

/** Ids of snapshots have 63 bits, more than a JSON number is read with: decimal text. */
export const snapshotId = z
  .string()
  .max(19)
  .regex(/^[1-9]\d{0,18}$/, 'expected a number in decimal digits')

/** A page of a list in order of texts that people chose: its cursor may be long. */
export const longPage = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item).max(1_000), next: text(8_000).nullable() })

/** A table of the lake. */
export const lakeTable = z
  .strictObject({
    id,
    name: tableName,
    /** Counts its commits. */
    version: count,
    /** Absolute URL of its current metadata file: what other engines take. */
    metadataLocation: text(2_000),
    createdBy: text(500),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'LakeTable' })

/** One version of a table. */
export const lakeSnapshot = z
  .strictObject({
    id: snapshotId,
    parentId: snapshotId.nullable(),
    sequenceNumber: count,
    operation: text(100),
    schemaId: z.int().nullable(),
    summary: z.record(text(1_000), text(100_000)),
    runId: id.nullable(),
    taskRunId: id.nullable(),
    loadId: text(1_000).nullable(),
    at: time,
  })
  .meta({ id: 'LakeSnapshot' })

/** One ingestion into one table. */
export const lakeLoad = z
  .strictObject({
    id: text(1_000),
    branch: text(200),
    operation: text(100),
    state: text(100),
    snapshotId: snapshotId.nullable(),
    source: text(100_000),
    records: count,
    loaded: count,
    quarantined: count,
    discarded: count,
    filtered: count,
    cursor: json,
    runId: id.nullable(),
    taskRunId: id.nullable(),
    at: time,
  })
  .meta({ id: 'LakeLoad' })

/** What one check says of one version of a table. */
export const checkFinding = z
  .strictObject({
    snapshotId,
    name: text(500),
    severity: z.enum(['warn', 'block']),
    outcome: z.enum(['passed', 'failed', 'error']),
    /** Null: it counts no rows. */
    failing: count.nullable(),
    message: text(4_000).nullable(),
    /** Some of the failing rows, with the values of sensitive columns masked. */
    samples: z.array(jsonObject).max(10),
    loadId: text(1_000).nullable(),
  })
  .meta({ id: 'LakeCheckFinding' })

export const lakeCheck = checkFinding.extend({ runId: id.nullable(), at: time }).meta({ id: 'LakeCheck' })

/** Something that went wrong with a load. */
export const newIncident = z
  .strictObject({
    id,
    kind: z.enum(['blocked', 'rejected']),
    loadId: text(1_000),
    snapshotId: snapshotId.nullable(),
    message: text(4_000),
    detail: jsonObject,
  })
  .meta({ id: 'NewLakeIncident' })

export const lakeIncident = newIncident
  .extend({
    table: tableName,
    state: z.enum(['open', 'resolved']),
    runId: id.nullable(),
    openedAt: time,
    closedAt: time.nullable(),
    closedBy: text(500).nullable(),
    note: text(4_000).nullable(),
  })
  .meta({ id: 'LakeIncident' })

/** What a commit read or wrote. */
export const lakeLineage = z
  .strictObject({
    direction: z.enum(['read', 'write']),
    /** A table's name, or a URL. */
    dataset: text(2_000),
    snapshotId: snapshotId.nullable(),
    commitId: text(200),
    runId: id.nullable(),
    taskRunId: id.nullable(),
    /** Of what lies outside of the lake: what was said of it. */
    detail: json,
    at: time,
  })
  .meta({ id: 'LakeLineage' })

/** What was found: by name first. */
export const lakeHit = z
  .strictObject({
    kind: z.enum(['table', 'view', 'fileset', 'file']),
    name: tableName,
    file: text(1_000).exactOptional(),
    about: text(1_000),
  })
  .meta({ id: 'LakeHit' })

/** A query with a name. */
export const lakeView = z
  .strictObject({
    name: tableName,
    query: text(100_000),
    description: text(10_000).exactOptional(),
    reads: z.array(tableName).readonly(),
    createdBy: text(500),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'LakeView' })

/** What was made from what. */
export const lakeLineageGraph = z
  .strictObject({
    dataset: text(2_000),
    direction: z.enum(['upstream', 'downstream']),
    links: z
      .array(
        z.strictObject({
          from: text(2_000),
          to: text(2_000),
          fromSnapshot: snapshotId.exactOptional(),
          toSnapshot: snapshotId.exactOptional(),
          runId: id.exactOptional(),
          taskRunId: id.exactOptional(),
          at: time,
          writes: count,
          definition: z.literal(true).exactOptional(),
        }),
      )
      .readonly(),
    cut: z.boolean(),
  })
  .meta({ id: 'LakeLineageGraph' })

export type LakeTableJson = z.output<typeof lakeTable>
export type LakeSnapshotJson = z.output<typeof lakeSnapshot>
export type LakeLoadJson = z.output<typeof lakeLoad>
export type LakeLineageJson = z.output<typeof lakeLineage>
export type LakeCheckJson = z.output<typeof lakeCheck>
export type LakeIncidentJson = z.output<typeof lakeIncident>
