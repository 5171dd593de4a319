import type { DeploymentRecord, PutDeployment } from '../../catalog-store.ts'
import { columnList, type Encoded, placeholders, valuesOf } from '../../codec/columns.ts'
import {
  deploymentFieldColumns,
  type DeploymentFieldRow,
  encodeDeploymentFields,
} from '../../codec/deployment-codec.ts'
import { flag, plainText } from '../../codec/text.ts'
import type { Platform } from '../../platform.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps, type Value } from '../../statement.ts'
import { storeNow } from '../fragments.ts'
import { getDeployment } from './get-deployment.ts'
import { putSchedules } from './put-schedules.ts'
import { requireQueue } from './require-queue.ts'

/**
 * On PostgreSQL those who put the same deployment wait for each other until the first has committed: the second finds what is
 * there, and neither meets a name or a version number twice. On SQLite there is one writer anyway.
 */
const takeTurn: Query<[name: string]> = query('put-deployment-turn', {
  sqlite: 'select $1',
  postgres: 'select pg_advisory_xact_lock(hashtextextended($1, 3))',
})

interface FoundRow extends DeploymentFieldRow {
  readonly id: string
  readonly paused: number
  readonly version_id: string
}

/** One row of `deployment_name`, locked: pausing waits. */
const selectFound: Query<[workspace: string, flow: string, name: string], FoundRow> = query(
  'put-deployment-find',
  bothTexts(
    (dialect) => `select id, paused, version_id, ${columnList(deploymentFieldColumns)} from deployment
    where workspace = $1 and flow = $2 and name = $3${dialect === 'postgres' ? ' for update' : ''}`,
  ),
)

/** One row of `deployment_version_hash`. */
const selectVersion: Query<[deploymentId: string, hash: string], { id: string }> = query(
  'put-deployment-version-find',
  'select id from deployment_version where deployment_id = $1 and content_hash = $2',
)

/** The end of `deployment_version_number`, and one row. */
const insertVersion: Query<readonly Value[]> = query(
  'put-deployment-version',
  bothTexts(
    (dialect) => `insert into deployment_version
      (id, deployment_id, number, content_hash, entrypoint, source, parameter_schema, created_by, created_at)
    select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, ${storeNow[dialect]}
    from deployment_version where deployment_id = $2`,
  ),
)

const fieldNames = Object.keys(deploymentFieldColumns)
const fieldCount = fieldNames.length

const insertDeployment: Query<readonly Value[]> = query(
  'insert-deployment',
  bothTexts(
    (dialect) => `insert into deployment
      (${columnList(deploymentFieldColumns)}, id, workspace, flow, name, version_id, created_by, paused, created_at, updated_at)
    values (${placeholders(deploymentFieldColumns)}, ${numbered(7)}, ${storeNow[dialect]}, ${storeNow[dialect]})`,
  ),
)

/** One row by primary key. */
const updateDeployment: Query<readonly Value[]> = query(
  'update-deployment',
  bothTexts(
    (dialect) => `update deployment set ${fieldNames.map((name, index) => `${name} = $${index + 1}`).join(', ')},
      version_id = $${fieldCount + 2}, updated_at = ${storeNow[dialect]} where id = $${fieldCount + 1}`,
  ),
)

function numbered(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${fieldCount + index + 1}`).join(', ')
}

/** {@link CatalogStore.putDeployment} */
export function* putDeployment(
  put: PutDeployment,
  platform: Platform,
): Steps<{ readonly deployment: DeploymentRecord; readonly created: boolean; readonly changed: boolean }> {
  const [workspace, flow, name] = [put.workspace, plainText(put.flow), plainText(put.name)]
  yield* rowsOf(takeTurn(JSON.stringify([workspace, flow, name])))
  yield* requireQueue(put.pool, put.queue)
  const found = yield* firstOf(selectFound(workspace, flow, name))
  const id = found?.id ?? platform.newId()
  const versionId = yield* versionOf(put, id, platform)
  const fields = encodeDeploymentFields(put)
  const values = valuesOf(fieldNames, fields)
  const paused = found === undefined ? put.paused === true : found.paused === 1
  const moved = yield* putSchedules(id, put.schedules, paused, platform)
  const changed = found === undefined || moved || found.version_id !== versionId || differs(found, fields)
  if (found === undefined) {
    const identity = [id, workspace, flow, name, versionId, plainText(put.createdBy), flag(paused)]
    yield* rowsOf(insertDeployment(...values, ...identity))
  } else if (changed) {
    yield* rowsOf(updateDeployment(...values, id, versionId))
  }
  const deployment = yield* getDeployment(id)
  if (deployment === undefined) throw new Error('a deployment is gone that this transaction has written')
  return { deployment, created: found === undefined, changed }
}

function* versionOf(put: PutDeployment, deploymentId: string, platform: Platform): Steps<string> {
  const known = yield* firstOf(selectVersion(deploymentId, put.contentHash))
  if (known !== undefined) return known.id
  const id = platform.newId()
  const code = [put.contentHash, plainText(put.entrypoint), plainText(put.source), put.parameterSchema]
  yield* rowsOf(insertVersion(id, deploymentId, ...code, plainText(put.createdBy)))
  return id
}

function differs(found: FoundRow, fields: Encoded<DeploymentFieldRow>): boolean {
  return Object.entries(fields).some(([name, value]) => found[name as keyof DeploymentFieldRow] !== value)
}
