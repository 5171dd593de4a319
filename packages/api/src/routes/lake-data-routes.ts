import * as z from 'zod'
import { count, json, jsonObject, label, text } from '../basics.ts'
import { lakeView, tableName } from '../entities/lake.ts'
import {
  checkFindings,
  lakeAnswer,
  lakeColumn,
  lakeCompacted,
  lakeDiff,
  lakeLoadResult,
  lakePreview,
  lakeQuarantine,
  lakeReplay,
  lakeVerified,
  version,
} from '../entities/lake-table.ts'
import { operation } from '../operation.ts'

// What reads and writes rows. A process beside the server does it, so each of these may find all of them busy, take too long, or end with
// that process.

const tags = ['Lake'] as const
const params = z.strictObject({ table: tableName })
const working = [
  'LAKE_BUSY',
  'LAKE_TIMEOUT',
  'LAKE_PROCESS_ENDED',
  'LAKE_STORAGE_UNAVAILABLE',
  'LAKE_STORAGE_DENIED',
  'LAKE_FOREIGN_CATALOG',
  'LAKE_CACHE_TOO_SMALL',
] as const
const reading = [...working, 'TABLE_NOT_FOUND', 'TABLE_VERSION_NOT_FOUND', 'TABLE_COLUMN_UNKNOWN'] as const
const writing = [
  ...reading,
  'TABLE_NAME_INVALID',
  'LAKE_COMMIT_CONFLICT',
  'LAKE_COMMIT_INVALID',
  'LAKE_COMMIT_UNKNOWN',
] as const
const querying = [...reading, 'SQL_INVALID', 'SQL_NOT_ALLOWED', 'LAKE_QUERY_FAILED', 'TABLE_NAME_INVALID'] as const
const loading = [
  ...writing,
  'TABLE_OWNER_MISSING',
  'TABLE_KEY_MISSING',
  'LOAD_EXISTS',
  'LOAD_BLOCKED',
  'LOAD_SOURCE_INVALID',
  'LOAD_SOURCE_NOT_FOUND',
  'LOAD_SOURCE_UNREADABLE',
  'LOAD_ROW_INVALID',
  'LOAD_COLUMN_INVALID',
  'LOAD_CONTRACT_BROKEN',
  'LOAD_REJECTED',
  'LOAD_DUPLICATE_KEY',
] as const
const mostRows = 10_000
const limit = z
  .int()
  .min(1)
  .max(mostRows)
  .default(100)
  .meta({ description: 'Most rows of the answer, which ends earlier when it has eight megabytes.' })
const names = z.array(label(1_000)).max(1_000)

const previewTable = operation('previewTable', {
  summary: 'Some rows of a table, now or as they were',
  tags,
  scope: 'read',
  params,
  query: z.strictObject({ limit, at: version.optional(), columns: names.optional() }),
  responses: { 200: lakePreview },
  problems: reading,
})

const queryLake = operation('queryLake', {
  summary: 'Ask the lake: one SELECT over its tables',
  description:
    'In DuckDB’s SQL, with `$1`, `$2` … for `values`, which are bound and never become SQL. It runs in a process of its own that sees the tables it names, and nothing else.',
  tags,
  scope: 'read',
  body: z.strictObject({
    sql: text(100_000),
    values: z.array(json).max(1_000).default([]),
    limit,
    timeoutMs: z.int().min(1).max(300_000).default(25_000),
  }),
  responses: { 200: lakeAnswer },
  problems: querying,
})

const diffTable = operation('diffTable', {
  summary: 'What happened to a table between two versions',
  tags,
  scope: 'read',
  params,
  query: z.strictObject({ from: version, to: version.optional(), key: names.optional() }),
  responses: { 200: lakeDiff },
  problems: [...reading, 'LAKE_QUERY_FAILED'],
})

const describeQuarantine = operation('describeQuarantine', {
  summary: 'Rows that did not fit into a table: why, how many, one of each',
  tags,
  scope: 'read',
  params,
  query: z.strictObject({ load: label(1_000).optional() }),
  responses: { 200: lakeQuarantine },
  problems: reading,
})

/** What stands in `_source_file`: a name, no path. File systems count its bytes. */
const fileName = label(200)
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_ .,+@=()-]*$/u, 'expected the name of a file, without a path')
  .refine((name) => new TextEncoder().encode(name).length <= 200, 'expected at most 200 bytes of UTF-8')

const ingestFile = operation('ingestFile', {
  summary: 'Load a file into a table, as one load',
  description:
    'The body is the file. `Idempotency-Key` is the id of the load: the same again is the same load, and answers with what it came to. The body must come within two minutes.',
  tags,
  scope: 'run',
  params,
  headers: z.strictObject({ 'idempotency-key': label(200) }),
  query: z.strictObject({
    file: fileName.meta({ description: 'What the file is called: its ending says its format and packing.' }),
    operation: z.enum(['append', 'replace', 'merge']).default('append'),
    key: names.optional().meta({ description: 'Of a merge; else the key of the table.' }),
    sequenceBy: label(1_000).optional(),
    mode: z.enum(['upsert', 'insert-only', 'delete-insert']).optional(),
    format: z.enum(['csv', 'tsv', 'json', 'ndjson', 'parquet', 'avro']).optional(),
    delimiter: text(10).optional().meta({ description: 'Of a CSV file, as the next five; else it is found out.' }),
    quote: text(10).optional(),
    escape: text(10).optional(),
    header: z.boolean().optional(),
    nullText: z.array(text(1_000)).max(100).optional(),
    encoding: label(40).optional(),
    contract: text(100_000).optional().meta({ description: 'As JSON: `{"columns":"freeze"}`. Of this load.' }),
    rename: names.optional().meta({ description: '`old name=new_name`, once for each column.' }),
    maxRejected: z.number().min(0).max(1).optional(),
    branch: label(128).optional(),
    raw: z
      .enum(['copy', 'none'])
      .default('copy')
      .meta({ description: 'Whether the file is kept as it came, for a while.' }),
    once: z.enum(['content']).optional().meta({ description: 'Takes no file a second time.' }),
  }),
  bytesBody: 'stream',
  bodyLimit: 64 * 1024 ** 3,
  responses: { 200: lakeLoadResult },
  problems: loading,
})

const loadParams = params.extend({ load: label(1_000) })

const publishLoad = operation('publishLoad', {
  summary: 'Check a load that is blocked again, and publish it',
  tags,
  scope: 'run',
  params: loadParams,
  body: z.strictObject({
    force: z.boolean().default(false).meta({ description: 'In spite of checks that fail; the incident tells.' }),
  }),
  responses: { 200: lakeLoadResult },
  problems: [...writing, 'LOAD_NOT_FOUND', 'LOAD_BLOCKED'],
})

const dropLoad = operation('dropLoad', {
  summary: 'Give up a load that is blocked: its rows never come into the table',
  tags,
  scope: 'run',
  params: loadParams,
  responses: { 200: z.strictObject({ table: tableName, loadId: text(1_000), state: z.literal('dropped') }) },
  problems: [...writing, 'LOAD_NOT_FOUND'],
})

const checkTable = operation('checkTable', {
  summary: 'Make the checks of a table on what readers see now, and keep what they say',
  tags,
  scope: 'run',
  params,
  responses: { 200: checkFindings },
  problems: writing,
})

const compactTable = operation('compactTable', {
  summary: 'Write small files of a table together; rows and version stay what they are',
  tags,
  scope: 'run',
  params,
  body: z.strictObject({ targetBytes: count.optional() }),
  responses: { 200: lakeCompacted },
  problems: writing,
})

const replayQuarantine = operation('replayQuarantine', {
  summary: 'Try the rows that did not fit again, under the columns that the table has now',
  tags,
  scope: 'run',
  params,
  body: z.strictObject({ load: label(1_000).optional(), contract: jsonObject.optional() }),
  responses: { 200: lakeReplay },
  problems: loading,
})

const deleteRows = operation('deleteRows', {
  summary: 'Delete rows of a table, as one new version',
  description: 'All conditions must hold; of one column one of its values. With `dryRun` only their number is told.',
  tags,
  scope: 'run',
  params,
  body: z.strictObject({
    where: z.record(text(1_000), z.array(json).min(1).max(1_000)),
    dryRun: z.boolean().default(false),
  }),
  responses: {
    200: z.strictObject({ matching: count.exactOptional(), result: lakeLoadResult.exactOptional() }),
  },
  problems: writing,
})

const verifyLake = operation('verifyLake', {
  summary: 'Look whether every file of every version is there, whole and readable',
  tags,
  scope: 'read',
  responses: { 200: lakeVerified },
  problems: working,
})

const describeView = operation('describeView', {
  summary: 'The columns that a view gives now',
  tags,
  scope: 'read',
  params: z.strictObject({ view: tableName }),
  responses: { 200: z.strictObject({ columns: z.array(lakeColumn).readonly() }) },
  problems: querying,
})

const defineView = operation('defineView', {
  summary: 'Give a query a name, under which other queries have it like a table',
  tags,
  scope: 'run',
  params: z.strictObject({ view: tableName }),
  body: z.strictObject({ query: text(100_000), description: text(10_000).exactOptional() }),
  responses: { 200: lakeView },
  problems: [...querying, 'TABLE_EXISTS'],
})

export const lakeDataRoutes = {
  previewTable,
  queryLake,
  diffTable,
  describeQuarantine,
  ingestFile,
  publishLoad,
  dropLoad,
  checkTable,
  compactTable,
  replayQuarantine,
  deleteRows,
  verifyLake,
  describeView,
  defineView,
}
