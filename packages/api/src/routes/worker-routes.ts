import * as z from 'zod'
import { label, page, paging } from '../basics.ts'
import { worker, workerStatus } from '../entities/worker.ts'
import { operation } from '../operation.ts'
import { workerParams } from '../params.ts'
import {
  claim,
  claimed,
  exitOutcome,
  exitReport,
  heartbeat as heartbeatBody,
  heartbeatAnswer,
  registered,
  registration,
} from '../wire/worker-protocol.ts'

const tags = ['Workers'] as const
const problems = ['WORKER_NOT_FOUND', 'PROTOCOL_UNSUPPORTED'] as const

const listWorkers = operation('listWorkers', {
  summary: 'Workers, newest first',
  tags,
  scope: 'read',
  query: z.strictObject({ pool: label(100).optional(), status: workerStatus.optional(), ...paging }),
  responses: { 200: page(worker) },
})

const registerWorker = operation('registerWorker', {
  summary: 'A worker process begins',
  description: 'Under an id of its own choice, new with every start: the incarnation.',
  tags,
  scope: 'worker',
  params: workerParams,
  body: registration,
  responses: { 200: registered },
  problems: ['WORKER_NOT_FOUND', 'POOL_NOT_FOUND', 'QUEUE_NOT_FOUND', 'PROTOCOL_UNSUPPORTED'],
})

const heartbeat = operation('heartbeat', {
  summary: 'A worker lives, and holds these runs',
  tags,
  scope: 'worker',
  params: workerParams,
  body: heartbeatBody,
  bodyLimit: 4 * 1_048_576,
  responses: { 200: heartbeatAnswer },
  problems,
})

const claimRuns = operation('claimRuns', {
  summary: 'A worker asks for runs',
  description: 'Waits up to `waitMs` until there is one.',
  tags,
  scope: 'worker',
  params: workerParams,
  body: claim,
  responses: { 200: claimed },
  problems,
})

const reportExit = operation('reportExit', {
  summary: 'The process of a run ended without a word',
  tags,
  scope: 'worker',
  params: workerParams,
  body: exitReport,
  bodyLimit: 4 * 1_048_576,
  responses: { 200: exitOutcome },
  problems,
})

const stopWorker = operation('stopWorker', {
  summary: 'A worker process ends',
  description: 'What it still holds goes to others at once.',
  tags,
  scope: 'worker',
  params: workerParams,
  responses: { 204: null },
  problems,
})

export const workerRoutes = {
  listWorkers,
  registerWorker,
  heartbeat,
  claimRuns,
  reportExit,
  stopWorker,
}
