import * as z from 'zod'
import { id, text } from '../basics.ts'
import { openedBlock } from '../entities/block.ts'
import { operation } from '../operation.ts'
import {
  blockParams,
  cacheParams,
  resultParams,
  runParams,
  startedParams,
  variableParams,
  waitParams,
} from '../params.ts'
import {
  controlAnswer,
  logBatch,
  longPoll,
  slotAnswer,
  slotRelease,
  slotRequest,
  startedRun,
  startedRunOutcome,
  timeOutAnswer,
  variableValue,
} from '../wire/engine-protocol.ts'
import { journalBatch, journalBatches, journalReceipt, journalVerdicts } from '../wire/journal.ts'
import { cachedResult, checkpoints } from '../wire/records.ts'

// What the engine of one run says, with the token of that run at its epoch. `{run}` is always the root run.

const tags = ['Engine'] as const
const scope = 'runToken'
const problems = ['RUN_NOT_FOUND', 'RUN_FENCED', 'PROTOCOL_UNSUPPORTED'] as const

const appendJournal = operation('appendJournal', {
  summary: 'Append one batch under the fence',
  tags,
  scope,
  params: runParams,
  body: journalBatch,
  bodyLimit: 16 * 1_048_576,
  responses: { 200: journalReceipt },
  problems: [...problems, 'JOURNAL_GAP'],
})

const appendJournals = operation('appendJournals', {
  summary: 'Append batches of several runs, each under its own fence',
  description:
    'For a process that runs many. The token of any of them opens it; each batch carries the token of its own run and has a verdict of its own.',
  tags,
  scope,
  body: journalBatches,
  bodyLimit: 16 * 1_048_576,
  responses: { 200: journalVerdicts },
  problems: ['PROTOCOL_UNSUPPORTED'],
})

const loadCheckpoints = operation('loadCheckpoints', {
  summary: 'What a resume needs',
  tags,
  scope,
  params: runParams,
  responses: { 200: checkpoints },
  problems,
})

const readControl = operation('readControl', {
  summary: 'What the owner of a run must know soon',
  description: 'Waits up to `waitMs` until there is more than `seen`.',
  tags,
  scope,
  params: runParams,
  query: z.strictObject({ ...longPoll, seen: text(1_000).optional() }),
  responses: { 200: controlAnswer },
  problems,
})

const timeOutWait = operation('timeOutWait', {
  summary: "The owner's time for a wait is up",
  description:
    'An answer like every other: the first one wins. Tells the one that came before; null: none did, and none will.',
  tags,
  scope,
  params: runParams.extend(waitParams.shape),
  responses: { 200: timeOutAnswer },
  problems: [...problems, 'WAIT_NOT_FOUND'],
})

const appendLogs = operation('appendLogs', {
  summary: 'Append log lines',
  tags,
  scope,
  params: runParams,
  body: logBatch,
  bodyLimit: 16 * 1_048_576,
  responses: { 204: null },
  problems,
})

const acquireSlots = operation('acquireSlots', {
  summary: 'Take slots of limits, all or none',
  description: 'Waits up to `waitMs`. Not granted, the place in the line is kept: ask again with the same key.',
  tags,
  scope,
  params: runParams,
  body: slotRequest,
  responses: { 200: slotAnswer },
  problems: [...problems, 'LIMIT_CONFLICT', 'LIMIT_TOO_SMALL', 'LIMIT_NOT_FOUND'],
})

const releaseSlots = operation('releaseSlots', {
  summary: 'Give slots back, and places in lines',
  tags,
  scope,
  params: runParams,
  body: slotRelease,
  responses: { 204: null },
  problems,
})

const startRun = operation('startRun', {
  summary: 'Start a separate run, exactly once',
  tags,
  scope,
  params: runParams,
  body: startedRun,
  responses: { 201: z.strictObject({ id }), 200: z.strictObject({ id }) },
  problems: [
    ...problems,
    'DEPLOYMENT_NOT_FOUND',
    'POOL_NOT_FOUND',
    'QUEUE_NOT_FOUND',
    'PARAMETERS_INVALID',
    'OPTION_INVALID',
  ],
})

const startedOutcome = operation('startedOutcome', {
  summary: 'How a run that this one started has ended',
  tags,
  scope,
  params: startedParams,
  responses: { 200: z.strictObject({ outcome: startedRunOutcome.nullable() }) },
  problems,
})

const cancelStarted = operation('cancelStarted', {
  summary: 'Cancel a run that this one started',
  tags,
  scope,
  params: startedParams,
  body: z.strictObject({ reason: text(1_000) }),
  responses: { 204: null },
  problems,
})

const getCached = operation('getCached', {
  summary: 'A cached result, if there is one',
  tags,
  scope,
  params: cacheParams,
  responses: { 200: z.strictObject({ cached: cachedResult.nullable() }) },
  problems,
})

const putResult = operation('putResult', {
  summary: 'Keep a large result',
  description: 'Raw bytes under the hash of their content; another content is refused.',
  tags,
  scope,
  params: resultParams,
  bytesBody: true,
  bodyLimit: 100 * 1_048_576,
  responses: { 204: null },
  problems: [...problems, 'RESULT_CORRUPT', 'STORE_FULL'],
})

const getResult = operation('getResult', {
  summary: 'A large result',
  tags,
  scope,
  params: resultParams,
  responses: { 200: null },
  content: 'bytes',
  problems: [...problems, 'RESULT_MISSING'],
})

const openBlock = operation('openBlock', {
  summary: 'A block with its secrets',
  description:
    'Only one that the deployment of the run names in `blocks`; without a deployment, any when the run was started with the token of the home.',
  tags,
  scope,
  params: runParams.extend(blockParams.shape),
  responses: { 200: openedBlock },
  problems: [...problems, 'BLOCK_NOT_FOUND', 'BLOCK_NOT_ALLOWED', 'SECRET_KEY_MISSING', 'SECRET_UNREADABLE'],
})

const readVariable = operation('readVariable', {
  summary: 'The value of a variable',
  description: 'Any: variables are no secrets.',
  tags,
  scope,
  params: runParams.extend(variableParams.shape),
  responses: { 200: variableValue },
  problems: [...problems, 'VARIABLE_NOT_FOUND'],
})

export const engineRoutes = {
  appendJournal,
  appendJournals,
  loadCheckpoints,
  readControl,
  timeOutWait,
  appendLogs,
  acquireSlots,
  releaseSlots,
  startRun,
  startedOutcome,
  cancelStarted,
  getCached,
  putResult,
  getResult,
  openBlock,
  readVariable,
}
