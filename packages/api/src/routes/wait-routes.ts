import * as z from 'zod'
import { id, json, page, paging } from '../basics.ts'
import { wait, waitStatus } from '../entities/wait.ts'
import { operation } from '../operation.ts'
import { waitParams } from '../params.ts'

const tags = ['Waits'] as const

const listWaits = operation('listWaits', {
  summary: 'What runs wait for, newest first',
  tags,
  scope: 'read',
  query: z.strictObject({ run: id.optional(), status: waitStatus.optional(), ...paging }),
  responses: { 200: page(wait) },
})

const getWait = operation('getWait', {
  summary: 'One wait',
  tags,
  scope: 'read',
  params: waitParams,
  responses: { 200: wait },
  problems: ['WAIT_NOT_FOUND'],
})

const answerWait = operation('answerWait', {
  summary: 'Answer a wait',
  description: 'The value must satisfy the schema of the wait. The first answer wins.',
  tags,
  scope: 'run',
  params: waitParams,
  body: z.strictObject({ value: json }),
  responses: { 200: wait },
  problems: ['WAIT_NOT_FOUND', 'WAIT_CLOSED', 'ANSWER_INVALID'],
})

export const waitRoutes = {
  listWaits,
  getWait,
  answerWait,
}
