import * as z from 'zod'
import { label, page, paging } from '../basics.ts'
import { deployed, deployment, deploymentVersion, newDeployment } from '../entities/deployment.ts'
import { newDeploymentRun, run } from '../entities/run.ts'
import { schedule } from '../entities/schedule.ts'
import { operation } from '../operation.ts'
import { deploymentParams, scheduleParams } from '../params.ts'

const tags = ['Deployments'] as const
const problems = ['DEPLOYMENT_NOT_FOUND'] as const

const listDeployments = operation('listDeployments', {
  summary: 'Deployments, by flow and name',
  tags,
  scope: 'read',
  query: z.strictObject({
    flow: label(500).optional(),
    pool: label(100).optional(),
    tag: label(100).optional(),
    paused: z.boolean().optional(),
    ...paging,
  }),
  responses: { 200: page(deployment) },
})

const putDeployment = operation('putDeployment', {
  summary: 'Declare a deployment',
  description:
    'Created, or changed to what is declared: flow and name are its identity. Schedules keep what they fired by their slug; those that are not declared any more go.',
  tags,
  scope: 'admin',
  body: newDeployment,
  responses: { 200: deployed, 201: deployed },
  problems: ['POOL_NOT_FOUND', 'QUEUE_NOT_FOUND', 'SCHEDULE_INVALID', 'OPTION_INVALID', 'DURATION_INVALID'],
})

const getDeployment = operation('getDeployment', {
  summary: 'One deployment',
  tags,
  scope: 'read',
  params: deploymentParams,
  responses: { 200: deployment },
  problems,
})

const deleteDeployment = operation('deleteDeployment', {
  summary: 'Delete a deployment',
  description: 'With its schedules and versions. Its runs stay.',
  tags,
  scope: 'admin',
  params: deploymentParams,
  responses: { 204: null },
  problems,
})

const pauseDeployment = operation('pauseDeployment', {
  summary: 'Stop the schedules of a deployment',
  tags,
  scope: 'run',
  params: deploymentParams,
  responses: { 200: deployment },
  problems,
})

const resumeDeployment = operation('resumeDeployment', {
  summary: 'Let the schedules of a deployment go on',
  tags,
  scope: 'run',
  params: deploymentParams,
  responses: { 200: deployment },
  problems,
})

const runDeployment = operation('runDeployment', {
  summary: 'Start a run of a deployment',
  tags,
  scope: 'run',
  params: deploymentParams,
  headers: z.strictObject({ 'idempotency-key': label(200).optional() }),
  body: newDeploymentRun.prefault({}),
  responses: { 201: run, 200: run },
  problems: [...problems, 'PARAMETERS_INVALID', 'QUEUE_NOT_FOUND', 'IDEMPOTENCY_CONFLICT', 'OPTION_INVALID'],
})

const listDeploymentVersions = operation('listDeploymentVersions', {
  summary: 'Versions of the code of a deployment, newest first',
  tags,
  scope: 'read',
  params: deploymentParams,
  query: z.strictObject(paging),
  responses: { 200: page(deploymentVersion) },
  problems,
})

const setSchedule = operation('setSchedule', {
  summary: 'Switch a schedule on or off',
  tags,
  scope: 'run',
  params: scheduleParams,
  body: z.strictObject({ active: z.boolean() }),
  responses: { 200: schedule },
  problems: [...problems, 'SCHEDULE_NOT_FOUND'],
})

export const deploymentRoutes = {
  listDeployments,
  putDeployment,
  getDeployment,
  deleteDeployment,
  pauseDeployment,
  resumeDeployment,
  runDeployment,
  listDeploymentVersions,
  setSchedule,
}
