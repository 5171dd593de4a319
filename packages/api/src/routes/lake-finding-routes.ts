import * as z from 'zod'
import { label, paging, text } from '../basics.ts'
import { lakeHit, lakeView, longPage, tableName } from '../entities/lake.ts'
import { operation } from '../operation.ts'
import { runParams } from '../params.ts'

const tags = ['Lake'] as const
const runScope = 'runToken'
const runProblems = ['RUN_NOT_FOUND', 'RUN_FENCED', 'PROTOCOL_UNSUPPORTED', 'LAKE_STORAGE_UNAVAILABLE'] as const
const viewParams = runParams.extend({ view: tableName })
const viewFilter = z.strictObject({ prefix: label(257).optional() })
const views = z.strictObject({ views: z.array(lakeView).readonly() })
const searchQuery = z.strictObject({
  text: label(1_000).meta({ description: 'Words: all of them must be found.' }),
  ...paging,
  after: label(8_000).optional(),
})

const searchLake = operation('searchLake', {
  summary: 'Tables, views, filesets and files by words of their names, columns and descriptions',
  tags,
  scope: 'read',
  query: searchQuery,
  responses: { 200: longPage(lakeHit) },
})

const listViews = operation('listViews', {
  summary: 'Views of the lake, by name',
  tags,
  scope: 'read',
  query: viewFilter,
  responses: { 200: views },
})

// What the engine of one run asks, with its token.

const searchFromRun = operation('searchFromRun', {
  summary: 'What the lake has by these words, for a run',
  tags,
  scope: runScope,
  params: runParams,
  query: searchQuery,
  responses: { 200: longPage(lakeHit) },
  problems: runProblems,
})

const findViews = operation('findViews', {
  summary: 'Views, by name',
  tags,
  scope: runScope,
  params: runParams,
  query: viewFilter,
  responses: { 200: views },
  problems: runProblems,
})

const findView = operation('findView', {
  summary: 'A view, if there is one',
  tags,
  scope: runScope,
  params: viewParams,
  responses: { 200: z.strictObject({ view: lakeView.nullable() }) },
  problems: runProblems,
})

const putView = operation('putView', {
  summary: 'Make a view, or change it',
  tags,
  scope: runScope,
  params: viewParams,
  body: z.strictObject({
    query: text(100_000),
    description: text(10_000).exactOptional(),
    reads: z.array(tableName).max(1_000).exactOptional(),
  }),
  responses: { 200: lakeView },
  problems: [...runProblems, 'TABLE_EXISTS'],
})

const dropView = operation('dropView', {
  summary: 'Take a view away',
  tags,
  scope: runScope,
  params: viewParams,
  responses: { 200: z.strictObject({ dropped: z.boolean() }) },
  problems: runProblems,
})

export const lakeFindingRoutes = {
  searchLake,
  listViews,
  searchFromRun,
  findViews,
  findView,
  putView,
  dropView,
}
