import * as z from 'zod'
import { count, id, json, jsonObject, label, text, time } from '../basics.ts'
import { checkFinding, lakeCheck, snapshotId, tableName } from './lake.ts'

// What is told of a table when one looks at it: from its metadata, so with bounds only where a person chose the text.

const list = <T extends z.ZodType>(item: T) => z.array(item).readonly()
const name = text(10_000)
const long = text(1_000_000)

/** A tag, a branch, the id of a version, or a time. */
export const version = label(200).meta({ description: 'A tag, a branch, the id of a version, or a time in UTC.' })

/** A duration, as `30d`. */
export const age = label(20).meta({ description: 'A duration: `30d`, `12h`.' })

export const lakeTableSummary = z
  .strictObject({
    name: tableName,
    rows: count,
    files: count,
    bytes: count.exactOptional(),
    columns: count,
    versions: count,
    updatedAt: time,
    owner: long.exactOptional(),
    description: long.exactOptional(),
  })
  .meta({ id: 'LakeTableSummary' })

export const lakeColumn = z
  .strictObject({ name, type: long, required: z.boolean(), description: long.exactOptional() })
  .meta({ id: 'LakeColumn' })

const join = z
  .strictObject({
    from: tableName,
    to: tableName,
    on: list(z.strictObject({ from: name, to: name })),
    /** False: nobody has said so; the names of columns suggest it. */
    declared: z.boolean(),
  })
  .meta({ id: 'LakeJoin' })

export const lakeJoins = z.strictObject({ joins: list(join) })

export const lakeJoinPaths = z.strictObject({ paths: list(z.strictObject({ joins: list(join), sql: long })) })

/** Who did what. */
export const lakeDeed = z
  .strictObject({
    at: time,
    did: z.enum(['read', 'write', 'change', 'drop', 'view']),
    dataset: text(2_000),
    snapshot: snapshotId.exactOptional(),
    by: text(500).exactOptional(),
    runId: id.exactOptional(),
    taskRunId: id.exactOptional(),
    detail: json.exactOptional(),
  })
  .meta({ id: 'LakeDeed' })

export const lakeTableDetails = lakeTableSummary
  .extend({
    schema: list(lakeColumn),
    partitionBy: list(name),
    key: list(name),
    tags: list(name),
    joins: list(join),
    refs: list(z.strictObject({ name, kind: z.enum(['branch', 'tag']), snapshot: snapshotId })),
    snapshot: snapshotId.exactOptional(),
    metadataLocation: long,
    quarantine: tableName.exactOptional(),
    loads: list(
      z.strictObject({
        id: name,
        operation: z.enum(['append', 'replace', 'overwrite', 'merge', 'delete']),
        state: z.enum(['committed', 'staged', 'blocked', 'published', 'dropped']),
        source: long,
        counts: z.strictObject({
          records: count,
          loaded: count,
          quarantined: count,
          discarded: count,
          filtered: count,
        }),
        at: time.exactOptional(),
        run: id.exactOptional(),
      }),
    ),
  })
  .meta({ id: 'LakeTableDetails' })

/** Newest first: those, too, from which the table was rolled back. */
export const lakeVersions = z.strictObject({
  items: list(
    z
      .strictObject({
        snapshot: snapshotId,
        at: time,
        operation: text(100),
        added: count,
        deleted: count,
        rows: count,
        /** Counts from 1. */
        schema: count,
        current: z.boolean(),
        refs: list(name),
        run: name.exactOptional(),
        load: name.exactOptional(),
      })
      .meta({ id: 'LakeVersion' }),
  ),
})

/** Oldest first, with what changed. */
export const lakeSchemas = z.strictObject({
  items: list(
    z
      .strictObject({ version: count, current: z.boolean(), columns: list(lakeColumn), changes: list(long) })
      .meta({ id: 'LakeSchema' }),
  ),
})

/** Where a tag or a branch is, and was. */
export const movedRef = z
  .strictObject({ table: tableName, ref: name, snapshot: snapshotId, before: snapshotId.exactOptional() })
  .meta({ id: 'LakeMovedRef' })

export const lakeRelease = z
  .strictObject({ release: name, tables: list(z.strictObject({ table: tableName, snapshot: snapshotId })) })
  .meta({ id: 'LakeRelease' })

export const lakeTableChecks = z
  .strictObject({
    table: tableName,
    snapshot: snapshotId.exactOptional(),
    checks: list(
      z.strictObject({
        name,
        kind: z.enum(['not-null', 'unique', 'accepted', 'range', 'relationship', 'freshness', 'row-count', 'sql']),
        severity: z.enum(['warn', 'block']),
        /** Absent: it has not been asked. */
        last: lakeCheck.exactOptional(),
      }),
    ),
  })
  .meta({ id: 'LakeTableChecks' })

export const checkFindings = z.strictObject({ items: list(checkFinding) })

export const lakeExpired = z
  .strictObject({
    table: tableName,
    snapshots: list(snapshotId),
    refs: list(name),
    bytes: count,
    deleted: count,
    waiting: count,
  })
  .meta({ id: 'LakeExpired' })

export const lakeDropped = z
  .strictObject({ table: tableName, directory: long, deleted: count, waiting: count })
  .meta({ id: 'LakeDropped' })

export const lakeAltered = z.strictObject({ table: tableName, changes: list(long) }).meta({ id: 'LakeAltered' })

export const lakeSwept = z
  .strictObject({ left: count, staged: count, expired: count, waiting: count })
  .meta({ id: 'LakeSwept' })

export const lakeCompacted = z
  .strictObject({ table: tableName, snapshot: snapshotId.exactOptional(), files: count, into: count, bytes: count })
  .meta({ id: 'LakeCompacted' })

export const lakeVerified = z
  .strictObject({
    tables: count,
    views: count,
    files: count,
    problems: list(z.strictObject({ table: tableName, key: long, problem: long })),
  })
  .meta({ id: 'LakeVerified' })

/** Values as JSON has them: integers beyond 2^53 and decimals as text, times in ISO 8601, bytes in Base64. */
const rows = list(jsonObject)

export const lakePreview = z
  .strictObject({
    table: tableName,
    snapshot: snapshotId.exactOptional(),
    columns: list(lakeColumn),
    rows,
    more: z.boolean(),
  })
  .meta({ id: 'LakePreview' })

export const lakeAnswer = z
  .strictObject({
    columns: list(z.strictObject({ name, type: long })),
    rows,
    /** True: there are more, which the limits of rows or bytes cut off. */
    more: z.boolean(),
  })
  .meta({ id: 'LakeAnswer' })

export const lakeDiff = z
  .strictObject({
    table: tableName,
    from: snapshotId.exactOptional(),
    to: snapshotId.exactOptional(),
    schema: list(long),
    key: list(name),
    rows: z.strictObject({ before: count, after: count }),
    added: count,
    removed: count,
    changed: count,
    samples: z.strictObject({
      added: rows,
      removed: rows,
      changed: list(z.strictObject({ before: jsonObject, after: jsonObject })),
    }),
  })
  .meta({ id: 'LakeDiff' })

export const lakeLoadResult = z
  .strictObject({
    snapshot: snapshotId.exactOptional(),
    loadId: name,
    rows: count,
    rejected: count,
    discarded: count,
    filtered: count,
    schemaChange: z.strictObject({
      added: list(name),
      widened: list(z.strictObject({ column: name, from: long, to: long })),
      rewritten: list(z.strictObject({ column: name, from: long, to: long })),
      missing: list(name),
    }),
    published: z.boolean(),
    repeated: z.boolean(),
    /** Of a change of rows that were there. */
    inserted: count.exactOptional(),
    updated: count.exactOptional(),
    deleted: count.exactOptional(),
  })
  .meta({ id: 'LakeLoadResult' })

export const lakeQuarantine = z
  .strictObject({
    table: tableName,
    quarantine: tableName,
    open: count,
    resolved: count,
    /** Most rows first. */
    reasons: list(
      z.strictObject({
        loadId: name,
        rejectedAt: time,
        reason: text(1_000),
        column: name.nullable(),
        rows: count,
        sample: z.strictObject({
          sourceFile: long.nullable(),
          record: count.nullable(),
          problem: long,
          raw: long,
        }),
      }),
    ),
  })
  .meta({ id: 'LakeQuarantine' })

export const lakeReplay = z
  .strictObject({ table: tableName, rows: count, open: count, leftToCode: count, loads: list(lakeLoadResult) })
  .meta({ id: 'LakeReplay' })

export type LakeReleaseJson = z.output<typeof lakeRelease>
