import type { Micros } from '@sluice/core'
import type { RunOrigin } from '../records.ts'
import type { ColumnsOf, Encoded } from './columns.ts'

/** Where a root run came from and where it runs. All empty for what a script started. */
export const originColumns: ColumnsOf<OriginRow> = {
  deployment_id: 'id',
  deployment_version_id: 'id',
  schedule_id: 'id',
  interval_start: 'bigint',
  interval_end: 'bigint',
  pool: 'text',
  queue: 'text',
  priority: 'integer',
  due_at: 'bigint',
  job_variables: 'text',
  started_by: 'id',
}

export interface OriginRow {
  readonly deployment_id: string | null
  readonly deployment_version_id: string | null
  readonly schedule_id: string | null
  readonly interval_start: Micros | null
  readonly interval_end: Micros | null
  readonly pool: string | null
  readonly queue: string | null
  readonly priority: number | null
  readonly due_at: Micros | null
  readonly job_variables: string | null
  readonly started_by: string | null
}

export function encodeOrigin(origin: RunOrigin | undefined): Encoded<OriginRow> {
  return {
    deployment_id: origin?.deploymentId ?? null,
    deployment_version_id: origin?.deploymentVersionId ?? null,
    schedule_id: origin?.scheduleId ?? null,
    interval_start: origin?.interval?.start ?? null,
    interval_end: origin?.interval?.end ?? null,
    pool: origin?.pool ?? null,
    queue: origin?.queue ?? null,
    priority: origin?.priority ?? null,
    due_at: origin?.dueAt ?? null,
    job_variables: origin?.jobVariables ?? null,
    started_by: origin?.startedBy ?? null,
  }
}

/** Undefined for a run without one. A priority is always there when there is an origin. */
export function decodeOrigin(row: OriginRow): RunOrigin | undefined {
  if (row.priority === null) return undefined
  const interval =
    row.interval_start === null || row.interval_end === null
      ? null
      : { start: row.interval_start, end: row.interval_end }
  return {
    deploymentId: row.deployment_id,
    deploymentVersionId: row.deployment_version_id,
    scheduleId: row.schedule_id,
    interval,
    pool: row.pool,
    queue: row.queue,
    priority: row.priority,
    dueAt: row.due_at,
    jobVariables: row.job_variables,
    startedBy: row.started_by,
  }
}
