import * as z from 'zod'
import { page, paging } from '../basics.ts'
import { newWorkPool, newWorkQueue, workPool, workQueue } from '../entities/pool.ts'
import { operation } from '../operation.ts'
import { poolParams, queueParams } from '../params.ts'

const tags = ['Work pools'] as const
const noPool = ['POOL_NOT_FOUND'] as const
const noQueue = ['POOL_NOT_FOUND', 'QUEUE_NOT_FOUND'] as const

const listPools = operation('listPools', {
  summary: 'Work pools, by name',
  tags,
  scope: 'read',
  query: z.strictObject(paging),
  responses: { 200: page(workPool) },
})

const getPool = operation('getPool', {
  summary: 'One work pool',
  tags,
  scope: 'read',
  params: poolParams,
  responses: { 200: workPool },
  problems: noPool,
})

const putPool = operation('putPool', {
  summary: 'Create or change a work pool',
  description: 'What is left out keeps its value; a new pool gets a queue `default`.',
  tags,
  scope: 'admin',
  params: poolParams,
  body: newWorkPool,
  responses: { 200: workPool, 201: workPool },
})

const deletePool = operation('deletePool', {
  summary: 'Delete a work pool',
  description: 'Only one that no deployment, unfinished run or live worker uses.',
  tags,
  scope: 'admin',
  params: poolParams,
  responses: { 204: null },
  problems: [...noPool, 'POOL_IN_USE'],
})

const pausePool = operation('pausePool', {
  summary: 'Give no more runs to the workers of a pool',
  tags,
  scope: 'run',
  params: poolParams,
  responses: { 200: workPool },
  problems: noPool,
})

const resumePool = operation('resumePool', {
  summary: 'Give runs to the workers of a pool again',
  tags,
  scope: 'run',
  params: poolParams,
  responses: { 200: workPool },
  problems: noPool,
})

const listQueues = operation('listQueues', {
  summary: 'Queues of a pool, by name',
  tags,
  scope: 'read',
  params: poolParams,
  query: z.strictObject(paging),
  responses: { 200: page(workQueue) },
  problems: noPool,
})

const putQueue = operation('putQueue', {
  summary: 'Create or change a queue',
  tags,
  scope: 'admin',
  params: queueParams,
  body: newWorkQueue,
  responses: { 200: workQueue, 201: workQueue },
  problems: noPool,
})

const deleteQueue = operation('deleteQueue', {
  summary: 'Delete a queue',
  description: 'Never the queue `default`, nor one that a deployment or an unfinished run uses.',
  tags,
  scope: 'admin',
  params: queueParams,
  responses: { 204: null },
  problems: [...noQueue, 'QUEUE_IN_USE'],
})

const pauseQueue = operation('pauseQueue', {
  summary: 'Give no more runs of a queue to workers',
  tags,
  scope: 'run',
  params: queueParams,
  responses: { 200: workQueue },
  problems: noQueue,
})

const resumeQueue = operation('resumeQueue', {
  summary: 'Give runs of a queue to workers again',
  tags,
  scope: 'run',
  params: queueParams,
  responses: { 200: workQueue },
  problems: noQueue,
})

export const poolRoutes = {
  listPools,
  getPool,
  putPool,
  deletePool,
  pausePool,
  resumePool,
  listQueues,
  putQueue,
  deleteQueue,
  pauseQueue,
  resumeQueue,
}
