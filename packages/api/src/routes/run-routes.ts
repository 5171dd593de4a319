import * as z from 'zod'
import { count, id, label, page, paging, time } from '../basics.ts'
import { artifact } from '../entities/artifact.ts'
import { logLevel, logLine } from '../entities/log-line.ts'
import { newRun, run, runDetail, why } from '../entities/run.ts'
import { stateType } from '../entities/state.ts'
import { streamEvent } from '../entities/stream-event.ts'
import { taskRun, taskRunDetail } from '../entities/task-run.ts'
import { operation } from '../operation.ts'
import { runParams, taskRunParams } from '../params.ts'

const tags = ['Runs'] as const

/** The fields that runs are found by: each has an index. */
const runFilter = {
  flow: label(500).optional(),
  state: z.array(stateType).max(9).optional(),
  deployment: label(710).optional().meta({ description: 'Id, or `flow/name`.' }),
  tag: label(100).optional(),
  name: label(500).optional().meta({ description: 'Runs whose name begins with this.' }),
  createdAfter: time.optional(),
  createdBefore: time.optional(),
}

const idempotencyKey = z.strictObject({ 'idempotency-key': label(200).optional() })

const listRuns = operation('listRuns', {
  summary: 'Root runs, newest first',
  tags,
  scope: 'read',
  query: z.strictObject({ ...runFilter, ...paging }),
  responses: { 200: page(run) },
  problems: ['DEPLOYMENT_NOT_FOUND', 'FILTER_UNSUPPORTED'],
})

const countRuns = operation('countRuns', {
  summary: 'How many runs a filter finds',
  description: 'Exact up to 10 000. Beyond that `capped` is true: read it as "10 000 or more".',
  tags,
  scope: 'read',
  query: z.strictObject(runFilter),
  responses: { 200: z.strictObject({ count, capped: z.boolean() }) },
  problems: ['DEPLOYMENT_NOT_FOUND', 'FILTER_UNSUPPORTED'],
})

const createRun = operation('createRun', {
  summary: 'Start a run',
  description:
    'Of a deployment, or of an entrypoint that the workers of a pool can load; now or at a time. The same idempotency key gives the same run again (200).',
  tags,
  scope: 'run',
  headers: idempotencyKey,
  body: newRun,
  responses: { 201: run, 200: run },
  problems: [
    'PARAMETERS_INVALID',
    'DEPLOYMENT_NOT_FOUND',
    'POOL_NOT_FOUND',
    'QUEUE_NOT_FOUND',
    'IDEMPOTENCY_CONFLICT',
    'OPTION_INVALID',
  ],
})

const createRuns = operation('createRuns', {
  summary: 'Start many runs',
  description: 'All or none: one bad item refuses them all, and its path says which.',
  tags,
  scope: 'run',
  body: z.strictObject({ runs: z.array(newRun).min(1).max(1_000) }),
  bodyLimit: 16 * 1_048_576,
  responses: { 201: z.strictObject({ items: z.array(z.strictObject({ id, created: z.boolean() })).max(1_000) }) },
  problems: createRun.problems,
})

const getRun = operation('getRun', {
  summary: 'One run',
  tags,
  scope: 'read',
  params: runParams,
  responses: { 200: runDetail },
  problems: ['RUN_NOT_FOUND'],
})

const cancelRun = operation('cancelRun', {
  summary: 'Cancel a run',
  description: 'A run that waits ends at once; one that runs is told, and ends when its work has stopped.',
  tags,
  scope: 'run',
  params: runParams,
  body: z.strictObject({ reason: label(500).optional() }).prefault({}),
  responses: { 200: run },
  problems: ['RUN_NOT_FOUND'],
})

const cancelRuns = operation('cancelRuns', {
  summary: 'Cancel many runs',
  tags,
  scope: 'run',
  body: z.strictObject({ ids: z.array(id).min(1).max(1_000), reason: label(500).optional() }),
  responses: {
    200: z.strictObject({
      items: z
        .array(z.strictObject({ id, outcome: z.enum(['cancelling', 'cancelled', 'ended', 'notFound']) }))
        .max(1_000),
    }),
  },
})

const retryRun = operation('retryRun', {
  summary: 'Run what failed again',
  description:
    'The same run goes on: what finished is not repeated, save from a task on (`from`) or everything that failed (`allFailed`).',
  tags,
  scope: 'run',
  params: runParams,
  body: z
    .strictObject({
      from: label(1_000).optional().meta({ description: 'Name of the task from which on everything runs again.' }),
      allFailed: z.boolean().optional(),
      version: z
        .union([z.literal('pinned'), z.literal('latest'), z.int().min(1).max(2_147_483_647)])
        .optional()
        .meta({ description: "Version of the deployment's code; `pinned`, what the run had, by default." }),
    })
    .prefault({}),
  responses: { 200: run },
  problems: [
    'RUN_NOT_FOUND',
    'RUN_NOT_RETRYABLE',
    'RUN_STILL_OWNED',
    'VERSION_NOT_FOUND',
    'POOL_NOT_FOUND',
    'QUEUE_NOT_FOUND',
    'OPTION_INVALID',
  ],
})

const rerunRun = operation('rerunRun', {
  summary: 'Repeat a run from the beginning',
  description: 'A new run; parameters that are given replace those of the old one by name.',
  tags,
  scope: 'run',
  params: runParams,
  headers: z.strictObject({ 'idempotency-key': label(200).optional() }),
  body: z.strictObject({ parameters: newRun.shape.parameters, idempotencyKey: label(200).optional() }).prefault({}),
  responses: { 201: run, 200: run },
  problems: [
    'RUN_NOT_FOUND',
    'PARAMETERS_INVALID',
    'DEPLOYMENT_NOT_FOUND',
    'POOL_NOT_FOUND',
    'QUEUE_NOT_FOUND',
    'RUN_NOT_RETRYABLE',
    'IDEMPOTENCY_CONFLICT',
    'OPTION_INVALID',
    'RESULT_MISSING',
    'RESULT_CORRUPT',
    'SECRET_UNREADABLE',
  ],
})

const resumeRun = operation('resumeRun', {
  summary: 'Let a scheduled, paused or suspended run go on now',
  tags,
  scope: 'run',
  params: runParams,
  responses: { 200: run },
  problems: ['RUN_NOT_FOUND', 'RUN_NOT_RESUMABLE'],
})

const whyRun = operation('whyRun', {
  summary: 'Why a run is not running',
  tags,
  scope: 'read',
  params: runParams,
  responses: { 200: why },
  problems: ['RUN_NOT_FOUND'],
})

const listChildRuns = operation('listChildRuns', {
  summary: 'The runs below a run',
  description:
    'Of a root run: all child runs of its tree. Of a child run: its own. What `flow.start` started are root runs of their own.',
  tags,
  scope: 'read',
  params: runParams,
  query: z.strictObject(paging),
  responses: { 200: page(run) },
  problems: ['RUN_NOT_FOUND'],
})

const listTaskRuns = operation('listTaskRuns', {
  summary: 'Task runs, in journal order',
  description: 'Of a root run: of its whole tree. Of a child run: its own.',
  tags: ['Task runs'],
  scope: 'read',
  params: runParams,
  query: z.strictObject({ state: z.array(stateType).max(9).optional(), ...paging }),
  responses: { 200: page(taskRun) },
  problems: ['RUN_NOT_FOUND'],
})

const getTaskRun = operation('getTaskRun', {
  summary: 'One task run',
  tags: ['Task runs'],
  scope: 'read',
  params: taskRunParams,
  responses: { 200: taskRunDetail },
  problems: ['TASK_RUN_NOT_FOUND'],
})

const cancelTaskRun = operation('cancelTaskRun', {
  summary: 'Cancel one task run',
  description: 'Its owner is told; the flow sees the call rejected with `TASK_CANCELLED`.',
  tags: ['Task runs'],
  scope: 'run',
  params: taskRunParams,
  responses: { 200: taskRun },
  problems: ['TASK_RUN_NOT_FOUND'],
})

const listLogs = operation('listLogs', {
  summary: 'Log lines, oldest first',
  tags: ['Logs and artifacts'],
  scope: 'read',
  params: runParams,
  query: z.strictObject({ taskRun: id.optional(), minLevel: logLevel.optional(), ...paging }),
  responses: { 200: page(logLine) },
  problems: ['RUN_NOT_FOUND'],
})

const listArtifacts = operation('listArtifacts', {
  summary: 'What a run showed',
  tags: ['Logs and artifacts'],
  scope: 'read',
  params: runParams,
  responses: { 200: z.strictObject({ items: z.array(artifact), next: z.null() }) },
  problems: ['RUN_NOT_FOUND'],
})

const streamRun = operation('streamRun', {
  summary: 'Live: states, task runs and log lines of a run',
  description:
    'Server-sent events. `id:` is a cursor: send the last one as `Last-Event-ID` and nothing is skipped or doubled. Ends with `event: end`.',
  tags,
  scope: 'read',
  params: runParams,
  headers: z.strictObject({ 'last-event-id': label(200).optional() }),
  responses: { 200: streamEvent },
  content: 'events',
  problems: ['RUN_NOT_FOUND'],
})

export const runRoutes = {
  listRuns,
  countRuns,
  createRun,
  createRuns,
  getRun,
  cancelRun,
  cancelRuns,
  retryRun,
  rerunRun,
  resumeRun,
  whyRun,
  listChildRuns,
  listTaskRuns,
  getTaskRun,
  cancelTaskRun,
  listLogs,
  listArtifacts,
  streamRun,
}
