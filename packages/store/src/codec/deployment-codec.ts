import type { Micros } from '@sluice/core'
import type {
  DeploymentRecord,
  DeploymentVersionRecord,
  PutDeployment,
  ScheduleRecord,
  ScheduleSpec,
} from '../catalog-store.ts'
import type { ColumnsOf, Encoded } from './columns.ts'
import { flag, listColumn, parseColumn, plainText, plainTextOrNull } from './text.ts'

/** What a declaration says of its deployment. */
export const deploymentFieldColumns: ColumnsOf<DeploymentFieldRow> = {
  description: 'text',
  tags: 'text',
  entrypoint: 'text',
  source: 'text',
  parameters: 'text',
  parameter_schema: 'text',
  pool: 'text',
  queue: 'text',
  priority: 'integer',
  job_variables: 'text',
}

export interface DeploymentFieldRow {
  readonly description: string | null
  readonly tags: string | null
  readonly entrypoint: string
  readonly source: string
  readonly parameters: string | null
  readonly parameter_schema: string | null
  readonly pool: string
  readonly queue: string
  readonly priority: number
  readonly job_variables: string | null
}

/** A deployment joined with the version that it is at. */
export interface DeploymentRow extends DeploymentFieldRow {
  readonly id: string
  readonly workspace: string
  readonly flow: string
  readonly name: string
  readonly paused: number
  readonly version_id: string
  readonly version_number: number
  readonly content_hash: string
  readonly created_by: string
  readonly created_at: Micros
  readonly updated_at: Micros
}

export interface VersionRow {
  readonly id: string
  readonly deployment_id: string
  readonly number: number
  readonly content_hash: string
  readonly entrypoint: string
  readonly source: string
  readonly parameter_schema: string | null
  readonly created_by: string
  readonly created_at: Micros
}

export interface ScheduleRow {
  readonly id: string
  readonly deployment_id: string
  readonly slug: string
  readonly spec: string
  readonly parameters: string | null
  readonly declared_active: number
  readonly active: number
  readonly enabled: number
  readonly misfire_grace_ms: number
  readonly catch_up: ScheduleSpec['catchUp']
  readonly next_at: Micros | null
  readonly last_at: Micros | null
  readonly created_at: Micros
  readonly updated_at: Micros
}

export function encodeDeploymentFields(put: PutDeployment): Encoded<DeploymentFieldRow> {
  return {
    description: plainTextOrNull(put.description),
    tags: listColumn(put.tags.map(plainText)),
    entrypoint: plainText(put.entrypoint),
    source: plainText(put.source),
    parameters: put.parameters,
    parameter_schema: put.parameterSchema,
    pool: put.pool,
    queue: put.queue,
    priority: put.priority,
    job_variables: put.jobVariables,
  }
}

export type DeploymentWithoutSchedules = Omit<DeploymentRecord, 'schedules'>

export function decodeDeployment(row: DeploymentRow): DeploymentWithoutSchedules {
  return {
    id: row.id,
    workspace: row.workspace,
    flow: row.flow,
    name: row.name,
    description: row.description,
    tags: parseColumn<readonly string[]>(row.tags, []),
    entrypoint: row.entrypoint,
    source: row.source,
    parameters: row.parameters,
    parameterSchema: row.parameter_schema,
    pool: row.pool,
    queue: row.queue,
    priority: row.priority,
    jobVariables: row.job_variables,
    createdBy: row.created_by,
    paused: row.paused === 1,
    versionId: row.version_id,
    versionNumber: row.version_number,
    contentHash: row.content_hash,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function decodeVersion(row: VersionRow): DeploymentVersionRecord {
  return {
    id: row.id,
    deploymentId: row.deployment_id,
    number: row.number,
    contentHash: row.content_hash,
    entrypoint: row.entrypoint,
    source: row.source,
    parameterSchema: row.parameter_schema,
    createdBy: row.created_by,
    createdAt: row.created_at,
  }
}

/** What a declaration says of a schedule, save for when it is due and whether it is active. */
export function encodeScheduleSpec(
  spec: ScheduleSpec,
): Encoded<Pick<ScheduleRow, 'spec' | 'parameters' | 'declared_active' | 'misfire_grace_ms' | 'catch_up'>> {
  return {
    spec: spec.spec,
    parameters: spec.parameters,
    declared_active: flag(spec.active),
    misfire_grace_ms: spec.misfireGraceMs,
    catch_up: spec.catchUp,
  }
}

export function decodeSchedule(row: ScheduleRow): ScheduleRecord {
  return {
    id: row.id,
    deploymentId: row.deployment_id,
    slug: row.slug,
    spec: row.spec,
    parameters: row.parameters,
    active: row.active === 1,
    enabled: row.enabled === 1,
    misfireGraceMs: row.misfire_grace_ms,
    catchUp: row.catch_up,
    nextAt: row.next_at,
    lastAt: row.last_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
