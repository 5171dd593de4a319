import * as z from 'zod'
import { count, id, label, page, paging, text } from '../basics.ts'
import {
  lakeLineage,
  lakeLineageGraph,
  lakeLoad,
  lakeSnapshot,
  lakeTable,
  longPage,
  tableName,
} from '../entities/lake.ts'
import { operation } from '../operation.ts'
import { runParams } from '../params.ts'
import {
  fileQuestion,
  lakeCommit,
  lakeReceipt,
  lineageRecords,
  openedLake,
  tablePointer,
  wireLoad,
} from '../wire/lake-protocol.ts'

const tags = ['Lake'] as const
const scope = 'read'
const problems = ['TABLE_NOT_FOUND'] as const
const longCursor = label(8_000).optional()
const tableParams = z.strictObject({ table: tableName })

const tableFilter = {
  namespace: label(128).optional(),
  prefix: label(257).optional().meta({ description: 'The beginning of `namespace.table`.' }),
}

const listTables = operation('listTables', {
  summary: 'Tables of the lake, by name',
  tags,
  scope,
  query: z.strictObject({ ...tableFilter, ...paging, after: longCursor }),
  responses: { 200: longPage(lakeTable) },
})

const getTable = operation('getTable', {
  summary: 'A table of the lake',
  tags,
  scope,
  params: tableParams,
  responses: { 200: lakeTable },
  problems,
})

const listSnapshots = operation('listSnapshots', {
  summary: 'The versions of a table, newest first',
  tags,
  scope,
  params: tableParams,
  query: z.strictObject(paging),
  responses: { 200: page(lakeSnapshot) },
  problems,
})

const listLoads = operation('listLoads', {
  summary: 'What was loaded into a table, newest first',
  tags,
  scope,
  params: tableParams,
  query: z.strictObject({ ...paging, after: longCursor }),
  responses: { 200: longPage(lakeLoad) },
  problems,
})

const listLineage = operation('listLineage', {
  summary: 'Who read and wrote a dataset, or what a run read and wrote, newest first',
  description: 'Either `dataset` (a table, or the URL of something outside) or `run`.',
  tags,
  scope,
  query: z.strictObject({
    dataset: label(2_000).optional(),
    run: id.optional(),
    ...paging,
    after: longCursor,
  }),
  responses: { 200: longPage(lakeLineage) },
})

const lineageQuery = z.strictObject({
  dataset: label(2_000),
  direction: z.enum(['upstream', 'downstream']).default('upstream'),
  depth: z.int().min(1).max(50).default(3),
})

const traceLineage = operation('traceLineage', {
  summary: 'Where a dataset comes from, or goes to',
  description: 'Every pair of datasets once, with the run that made the one from the other last.',
  tags,
  scope,
  query: lineageQuery,
  responses: { 200: lakeLineageGraph },
  problems: ['TABLE_NOT_FOUND'],
})

// What the engine of one run says, with the token of that run at its epoch. `{run}` is always the root run.

const runScope = 'runToken'
const runProblems = ['RUN_NOT_FOUND', 'RUN_FENCED', 'PROTOCOL_UNSUPPORTED', 'LAKE_STORAGE_UNAVAILABLE'] as const
const runTableParams = runParams.extend({ table: tableName })
const tableIdParams = runParams.extend({ tableId: id })

const openLake = operation('openLake', {
  summary: 'Where the lake of the server is',
  tags,
  scope: runScope,
  params: runParams,
  responses: { 200: openedLake },
  problems: [...runProblems, 'LAKE_FOREIGN_CATALOG', 'LAKE_STORAGE_DENIED'],
})

const findTables = operation('findTables', {
  summary: 'Pointers of tables, by name',
  tags,
  scope: runScope,
  params: runParams,
  query: z.strictObject(tableFilter),
  responses: { 200: z.strictObject({ tables: z.array(tablePointer) }) },
  problems: runProblems,
})

const findTable = operation('findTable', {
  summary: 'The pointer of a table, if there is one',
  tags,
  scope: runScope,
  params: runTableParams,
  responses: { 200: z.strictObject({ table: tablePointer.nullable() }) },
  problems: runProblems,
})

const commitTables = operation('commitTables', {
  summary: 'Change tables, all or none',
  description:
    'Validates the requirements, writes the next metadata and swaps the pointers, under the fence of the run. The same id again has the same receipt.',
  tags,
  scope: runScope,
  params: runParams,
  body: lakeCommit,
  bodyLimit: 64 * 1_048_576,
  responses: { 200: lakeReceipt },
  problems: [
    ...runProblems,
    'TABLE_EXISTS',
    'TABLE_NOT_FOUND',
    'TABLE_OWNER_MISSING',
    'LOAD_EXISTS',
    'LAKE_COMMIT_CONFLICT',
    'LAKE_COMMIT_INVALID',
    'LAKE_COMMIT_UNKNOWN',
    'LAKE_FOREIGN_CATALOG',
  ],
})

const dropTable = operation('dropTable', {
  summary: 'Take a table out of the catalogue',
  description: 'Its name is free again; its files stay where they are.',
  tags,
  scope: runScope,
  params: runTableParams,
  responses: { 200: z.strictObject({ table: tablePointer }) },
  problems: [...runProblems, 'TABLE_NOT_FOUND', 'LAKE_COMMIT_CONFLICT', 'LAKE_FOREIGN_CATALOG'],
})

const leaseHolder = label(200)

const holdLease = operation('holdLease', {
  summary: 'Take or keep a place in the line of those who rewrite a table',
  description:
    'First come first served. Who has nobody ahead has the lease; a place that is not kept is given up after some seconds.',
  tags,
  scope: runScope,
  params: runTableParams,
  body: z.strictObject({ holder: leaseHolder, drawn: z.boolean() }),
  responses: { 200: z.strictObject({ ticket: count, ahead: count, lost: z.boolean() }) },
  problems: runProblems,
})

const releaseLease = operation('releaseLease', {
  summary: 'Give up a place in the line of those who rewrite a table',
  tags,
  scope: runScope,
  params: runTableParams,
  body: z.strictObject({ holder: leaseHolder }),
  responses: { 200: z.strictObject({}) },
  problems: runProblems,
})

const findLoad = operation('findLoad', {
  summary: 'What became of a load',
  tags,
  scope: runScope,
  params: tableIdParams,
  query: z.strictObject({ load: text(1_000) }),
  responses: { 200: z.strictObject({ load: wireLoad.nullable() }) },
  problems: runProblems,
})

const findLoads = operation('findLoads', {
  summary: 'The last loads of a table, newest first',
  tags,
  scope: runScope,
  params: tableIdParams,
  query: z.strictObject({ limit: paging.limit }),
  responses: { 200: z.strictObject({ loads: z.array(wireLoad) }) },
  problems: runProblems,
})

const loadedFiles = operation('loadedFiles', {
  summary: 'Which of these files a load has taken already',
  tags,
  scope: runScope,
  params: tableIdParams,
  body: fileQuestion,
  bodyLimit: 64 * 1_048_576,
  responses: { 200: z.strictObject({ taken: z.array(text(2_000)) }) },
  problems: runProblems,
})

const recordLineage = operation('recordLineage', {
  summary: 'What the run read and wrote beside its commits',
  tags,
  scope: runScope,
  params: runParams,
  body: lineageRecords,
  bodyLimit: 8 * 1_048_576,
  responses: { 204: null },
  problems: runProblems,
})

const findLineage = operation('findLineage', {
  summary: 'Where a dataset comes from, or goes to, for a run',
  tags,
  scope: runScope,
  params: runParams,
  query: lineageQuery,
  responses: { 200: lakeLineageGraph },
  problems: [...runProblems, 'TABLE_NOT_FOUND'],
})

export const lakeRoutes = {
  traceLineage,
  recordLineage,
  findLineage,
  listTables,
  getTable,
  listSnapshots,
  listLoads,
  listLineage,
  openLake,
  findTables,
  findTable,
  commitTables,
  dropTable,
  holdLease,
  releaseLease,
  findLoad,
  findLoads,
  loadedFiles,
}
