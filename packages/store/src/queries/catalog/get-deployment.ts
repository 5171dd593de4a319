import type { DeploymentRecord, DeploymentVersionRecord, ScheduleRecord } from '../../catalog-store.ts'
import {
  decodeDeployment,
  decodeSchedule,
  decodeVersion,
  type DeploymentRow,
  type DeploymentWithoutSchedules,
  type ScheduleRow,
  type VersionRow,
} from '../../codec/deployment-codec.ts'
import { bothTexts, firstOf, listed, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'

/** A deployment with the number and the hash of its version. */
export const deploymentColumns = `d.id, d.workspace, d.flow, d.name, d.description, d.tags, d.entrypoint, d.source, d.parameters,
  d.parameter_schema, d.pool, d.queue, d.priority, d.job_variables, d.paused, d.version_id, v.number as version_number,
  v.content_hash, d.created_by, d.created_at, d.updated_at`
export const deploymentTables = 'deployment d join deployment_version v on v.id = d.version_id'

/** One row by primary key, and its version by primary key. No lock. */
const selectById: Query<[id: string], DeploymentRow> = query(
  'get-deployment',
  `select ${deploymentColumns} from ${deploymentTables} where d.id = $1`,
)

/** One row of `deployment_name`. No lock. */
const selectByName: Query<[workspace: string, flow: string, name: string], DeploymentRow> = query(
  'find-deployment',
  `select ${deploymentColumns} from ${deploymentTables} where d.workspace = $1 and d.flow = $2 and d.name = $3`,
)

/** A range of `schedule_slug` per deployment. No lock. */
const selectSchedules: Query<[deployments: string], ScheduleRow> = query(
  'schedules-of-deployments',
  bothTexts(
    (dialect) => `select * from schedule
    where deployment_id in ${dialect === 'sqlite' ? listed('$1').sqlite : '(select cast(value as uuid) from json_array_elements_text($1::json) as value)'}
    order by deployment_id, slug`,
  ),
)

/** One row by primary key. No lock. */
const selectVersion: Query<[id: string], VersionRow> = query(
  'get-deployment-version',
  'select * from deployment_version where id = $1',
)

export function* getDeployment(id: string): Steps<DeploymentRecord | undefined> {
  return yield* completed(yield* firstOf(selectById(id)))
}

export function* findDeployment(workspace: string, flow: string, name: string): Steps<DeploymentRecord | undefined> {
  return yield* completed(yield* firstOf(selectByName(workspace, flow, name)))
}

export function* getDeploymentVersion(id: string): Steps<DeploymentVersionRecord | undefined> {
  const row = yield* firstOf(selectVersion(id))
  return row && decodeVersion(row)
}

/** Deployments with their schedules, which are read once for all. */
export function* withSchedules(deployments: readonly DeploymentWithoutSchedules[]): Steps<DeploymentRecord[]> {
  if (deployments.length === 0) return []
  const schedules = yield* rowsOf(selectSchedules(listOf(deployments.map(({ id }) => id))))
  const byDeployment = Map.groupBy(schedules.map(decodeSchedule), (schedule: ScheduleRecord) => schedule.deploymentId)
  return deployments.map((deployment) => ({ ...deployment, schedules: byDeployment.get(deployment.id) ?? [] }))
}

function* completed(row: DeploymentRow | undefined): Steps<DeploymentRecord | undefined> {
  return row && (yield* withSchedules([decodeDeployment(row)]))[0]
}
