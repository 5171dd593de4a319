import * as z from 'zod'
import { id, paging, text, label } from '../basics.ts'
import {
  checkFinding,
  lakeCheck,
  lakeIncident,
  longPage,
  newIncident,
  snapshotId,
  tableName,
} from '../entities/lake.ts'
import { operation } from '../operation.ts'
import { runParams } from '../params.ts'

// What checks said of tables, and what went wrong with loads.

const tags = ['Lake'] as const
const longCursor = label(8_000).optional()
const incidentParams = z.strictObject({ incident: id })
const note = z.strictObject({ note: text(4_000).nullable() })

const checkQuery = z.strictObject({
  snapshot: snapshotId.optional().meta({ description: 'Of this version only, by name; else newest first.' }),
  ...paging,
  after: longCursor,
})
const incidentQuery = z.strictObject({
  table: tableName.optional(),
  state: z.enum(['open', 'resolved']).optional(),
  ...paging,
  after: longCursor,
})

const listChecks = operation('listChecks', {
  summary: 'What checks said of the versions of a table, newest first',
  tags,
  scope: 'read',
  params: z.strictObject({ table: tableName }),
  query: checkQuery,
  responses: { 200: longPage(lakeCheck) },
  problems: ['TABLE_NOT_FOUND'],
})

const listIncidents = operation('listIncidents', {
  summary: 'Loads that went wrong, newest first',
  tags,
  scope: 'read',
  query: incidentQuery,
  responses: { 200: longPage(lakeIncident) },
})

const getIncident = operation('getIncident', {
  summary: 'An incident',
  tags,
  scope: 'read',
  params: incidentParams,
  responses: { 200: lakeIncident },
  problems: ['INCIDENT_NOT_FOUND'],
})

const resolveIncident = operation('resolveIncident', {
  summary: 'Say that an incident is settled',
  description:
    'The load stays what it is: blocked ones are published or dropped. One that is resolved stays as it was resolved.',
  tags,
  scope: 'run',
  params: incidentParams,
  body: note,
  responses: { 200: lakeIncident },
  problems: ['INCIDENT_NOT_FOUND'],
})

// The same as the engine of one run says and asks it.

const scope = 'runToken'
const problems = ['RUN_NOT_FOUND', 'RUN_FENCED', 'PROTOCOL_UNSUPPORTED', 'LAKE_STORAGE_UNAVAILABLE'] as const
const tableIdParams = runParams.extend({ tableId: id })
const runIncidentParams = runParams.extend({ incident: id })

const findChecks = operation('findChecks', {
  summary: 'What checks said of a table',
  tags,
  scope,
  params: tableIdParams,
  query: checkQuery,
  responses: { 200: longPage(lakeCheck) },
  problems,
})

const recordChecks = operation('recordChecks', {
  summary: 'Keep what checks said',
  tags,
  scope,
  params: tableIdParams,
  body: z.strictObject({ checks: z.array(checkFinding).max(1_000) }),
  bodyLimit: 16 * 1_048_576,
  responses: { 200: z.strictObject({}) },
  problems,
})

const findIncidents = operation('findIncidents', {
  summary: 'Incidents of the lake',
  tags,
  scope,
  params: runParams,
  query: incidentQuery,
  responses: { 200: longPage(lakeIncident) },
  problems,
})

const openIncident = operation('openIncident', {
  summary: 'Say that a load went wrong',
  description: 'There is one incident for each table, kind and load: said again, it is the same.',
  tags,
  scope,
  params: runParams,
  body: z.strictObject({ table: tableName, incident: newIncident }),
  responses: { 200: lakeIncident },
  problems,
})

const findIncident = operation('findIncident', {
  summary: 'An incident, if there is one',
  tags,
  scope,
  params: runIncidentParams,
  responses: { 200: z.strictObject({ incident: lakeIncident.nullable() }) },
  problems,
})

const settleIncident = operation('settleIncident', {
  summary: 'Say that an incident is settled, if there is one',
  tags,
  scope,
  params: runIncidentParams,
  body: note,
  responses: { 200: z.strictObject({ incident: lakeIncident.nullable() }) },
  problems,
})

export const lakeTrustRoutes = {
  listChecks,
  listIncidents,
  getIncident,
  resolveIncident,
  findChecks,
  recordChecks,
  findIncidents,
  openIncident,
  findIncident,
  settleIncident,
}
