import * as z from 'zod'
import { count, label, page, paging, text } from '../basics.ts'
import { longPage, tableName } from '../entities/lake.ts'
import {
  age,
  lakeAltered,
  lakeDeed,
  lakeDropped,
  lakeExpired,
  lakeJoinPaths,
  lakeJoins,
  lakeRelease,
  lakeSchemas,
  lakeSwept,
  lakeTableChecks,
  lakeTableDetails,
  lakeTableSummary,
  lakeVersions,
  movedRef,
  version,
} from '../entities/lake-table.ts'
import { operation } from '../operation.ts'

// What tables are, what their versions are called, and what is kept of them: all of it is metadata, no row is read.

const tags = ['Lake'] as const
const params = z.strictObject({ table: tableName })
const storage = ['LAKE_STORAGE_UNAVAILABLE', 'LAKE_STORAGE_DENIED', 'LAKE_FOREIGN_CATALOG'] as const
const problems = ['TABLE_NOT_FOUND', ...storage] as const
const moving = [...problems, 'TABLE_VERSION_NOT_FOUND', 'LAKE_COMMIT_CONFLICT', 'LAKE_COMMIT_UNKNOWN'] as const
const columnNames = z.array(label(1_000)).max(10_000)
const byColumn = z.record(text(1_000), text(10_000))

const summarizeTables = operation('summarizeTables', {
  summary: 'Tables of the lake with their rows, sizes and versions, by name',
  tags,
  scope: 'read',
  query: z.strictObject({
    namespace: label(128).optional(),
    prefix: label(257).optional().meta({ description: 'The beginning of `namespace.table`.' }),
    ...paging,
    after: label(8_000).optional(),
  }),
  responses: { 200: longPage(lakeTableSummary) },
  problems: storage,
})

const describeTable = operation('describeTable', {
  summary: 'All that is known of a table, without its rows',
  tags,
  scope: 'read',
  params,
  responses: { 200: lakeTableDetails },
  problems,
})

const listTableVersions = operation('listTableVersions', {
  summary: 'The versions of a table with their names, newest first',
  tags,
  scope: 'read',
  params,
  responses: { 200: lakeVersions },
  problems,
})

const listTableSchemas = operation('listTableSchemas', {
  summary: 'The schemas that a table has had, oldest first, with what changed',
  tags,
  scope: 'read',
  params,
  responses: { 200: lakeSchemas },
  problems,
})

const getTableChecks = operation('getTableChecks', {
  summary: 'What is asked of a table, and what came of it for its current version',
  tags,
  scope: 'read',
  params,
  responses: { 200: lakeTableChecks },
  problems,
})

const listJoins = operation('listJoins', {
  summary: 'What a table can be joined with, and by which columns',
  tags,
  scope: 'read',
  params,
  responses: { 200: lakeJoins },
  problems,
})

const findJoinPaths = operation('findJoinPaths', {
  summary: 'The shortest ways to join two tables, with their SQL',
  tags,
  scope: 'read',
  params: params.extend({ other: tableName }),
  responses: { 200: lakeJoinPaths },
  problems,
})

const auditLake = operation('auditLake', {
  summary: 'Who read, wrote, changed or dropped what, newest first',
  tags,
  scope: 'read',
  query: z.strictObject({ dataset: label(2_000).optional(), ...paging, after: label(8_000).optional() }),
  responses: { 200: longPage(lakeDeed) },
  problems: storage,
})

const tagTable = operation('tagTable', {
  summary: 'Give a version of a table a name',
  description: 'A name of another version is refused, unless it may `move`. The same again changes nothing.',
  tags,
  scope: 'run',
  params,
  body: z.strictObject({ name: label(128), version: version.optional(), move: z.boolean().default(false) }),
  responses: { 200: movedRef },
  problems: moving,
})

const deleteTag = operation('deleteTag', {
  summary: 'Take the name of a version away',
  tags,
  scope: 'run',
  params: params.extend({ tag: label(128) }),
  responses: { 200: movedRef },
  problems: moving,
})

const branchTable = operation('branchTable', {
  summary: 'Make a branch of a table, for loads that `main` does not see',
  tags,
  scope: 'run',
  params,
  body: z.strictObject({ name: label(128), from: version.optional() }),
  responses: { 200: movedRef },
  problems: moving,
})

const deleteBranch = operation('deleteBranch', {
  summary: 'Take a branch away',
  tags,
  scope: 'run',
  params: params.extend({ branch: label(128) }),
  responses: { 200: movedRef },
  problems: moving,
})

const rollbackTable = operation('rollbackTable', {
  summary: 'Make an older version of a table the current one; nothing is deleted',
  tags,
  scope: 'run',
  params,
  body: z.strictObject({ version }),
  responses: { 200: movedRef },
  problems: moving,
})

const listReleases = operation('listReleases', {
  summary: 'Releases: versions of several tables under one name',
  tags,
  scope: 'read',
  query: z.strictObject(paging),
  responses: { 200: page(lakeRelease) },
  problems: storage,
})

const createRelease = operation('createRelease', {
  summary: 'Name versions of several tables, together',
  description: 'All or none. The same again changes nothing; with other contents it is refused, unless it may `move`.',
  tags,
  scope: 'run',
  body: z.strictObject({
    name: label(100),
    tables: z.array(z.strictObject({ name: tableName, version: version.optional() })).max(1_000),
    move: z.boolean().default(false),
  }),
  responses: { 200: lakeRelease },
  problems: [...moving, 'RELEASE_EXISTS', 'OPTION_INVALID'],
})

const rollbackRelease = operation('rollbackRelease', {
  summary: 'Make what was released current again, in all of its tables at once',
  tags,
  scope: 'run',
  params: z.strictObject({ release: label(100) }),
  responses: { 200: lakeRelease },
  problems: [...moving, 'RELEASE_NOT_FOUND'],
})

const alterTable = operation('alterTable', {
  summary: 'Change columns of a table and what is said of it, without touching a row',
  description:
    'What is so already is no error. Older versions read as they were. `key` and `references` name columns as they are called afterwards, and later loads are checked by them; an empty key is none.',
  tags,
  scope: 'admin',
  params,
  body: z.strictObject({
    rename: byColumn.optional(),
    drop: columnNames.optional(),
    widen: byColumn.optional(),
    describe: byColumn.optional(),
    optional: columnNames.optional(),
    owner: text(1_000).optional(),
    description: text(10_000).optional(),
    tags: z.array(label(1_000)).max(1_000).optional(),
    key: columnNames.optional(),
    references: z.record(text(1_000), z.strictObject({ table: tableName, column: label(1_000) })).optional(),
  }),
  responses: { 200: lakeAltered },
  problems: [...moving, 'TABLE_COLUMN_UNKNOWN', 'OPTION_INVALID', 'LAKE_COMMIT_INVALID'],
})

const expireTable = operation('expireTable', {
  summary: 'Forget old versions of a table, and delete the files that only they had',
  tags,
  scope: 'admin',
  params,
  body: z.strictObject({
    olderThan: age.optional(),
    keep: count.optional(),
    grace: age.optional(),
    dryRun: z.boolean().optional(),
  }),
  responses: { 200: lakeExpired },
  problems: moving,
})

const deleteTable = operation('deleteTable', {
  summary: 'Drop a table, with its quarantine',
  description: 'Its name is free again. Its files stay where they are, or are deleted after a grace (`purge`).',
  tags,
  scope: 'admin',
  params,
  query: z.strictObject({ purge: z.boolean().optional(), grace: age.optional() }),
  responses: { 200: lakeDropped },
  problems: moving,
})

const sweepLake = operation('sweepLake', {
  summary: 'Delete what failed and killed loads have left, and files of what was forgotten',
  tags,
  scope: 'admin',
  body: z.strictObject({ grace: age.optional(), dryRun: z.boolean().optional() }),
  responses: { 200: lakeSwept },
  problems: [...storage, 'OPTION_INVALID'],
})

const deleteView = operation('deleteView', {
  summary: 'Take a view away',
  tags,
  scope: 'run',
  params: z.strictObject({ view: tableName }),
  responses: { 200: z.strictObject({ dropped: z.boolean() }) },
  problems: storage,
})

export const lakeTableRoutes = {
  deleteView,
  listJoins,
  findJoinPaths,
  auditLake,
  summarizeTables,
  describeTable,
  listTableVersions,
  listTableSchemas,
  getTableChecks,
  tagTable,
  deleteTag,
  branchTable,
  deleteBranch,
  rollbackTable,
  listReleases,
  createRelease,
  rollbackRelease,
  alterTable,
  expireTable,
  deleteTable,
  sweepLake,
}
