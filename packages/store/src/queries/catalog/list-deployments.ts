import type { DeploymentRecord, DeploymentVersionRecord } from '../../catalog-store.ts'
import { decodeDeployment, decodeVersion, type DeploymentRow, type VersionRow } from '../../codec/deployment-codec.ts'
import { clampLimit, numberCursor, pageOf, textCursor, textCursorOf } from '../../paging.ts'
import type { Page } from '../../records.ts'
import { bothTexts, type Query, query, rowsOf, type Statement, type Steps, type Value } from '../../statement.ts'
import { deploymentColumns, deploymentTables, withSchedules } from './get-deployment.ts'

/** What {@link CatalogStore.listDeployments} takes. */
export interface DeploymentQuery {
  readonly limit: number
  readonly after?: string
  readonly flow?: string
  readonly tag?: string
  /** Prefix. */
  readonly name?: string
  readonly pool?: string
  readonly paused?: boolean
}

/** Deployments in order of flow and name, which is one range of `deployment_name`. */
export function* listDeployments(workspace: string, search: DeploymentQuery): Steps<Page<DeploymentRecord>> {
  const limit = clampLimit(search.limit)
  const rows = yield* rowsOf(selectPage(workspace, search, limit + 1))
  const page = pageOf(rows.map(decodeDeployment), limit, ({ flow, name }) => textCursorOf(flow, name))
  return { items: yield* withSchedules(page.items), next: page.next }
}

const tagsOf = {
  sqlite: '(select value from json_each(d.tags))',
  postgres: '(select json_array_elements_text(d.tags::json))',
}

/** A range of `deployment_name`; all but the flow filters what it meets, of a few thousand at most. No lock. */
function selectPage(workspace: string, search: DeploymentQuery, limit: number): Statement<DeploymentRow> {
  const [afterFlow = '', afterName = ''] = textCursor(search.after, 2)
  const values: Value[] = [workspace, afterFlow, afterName, limit]
  const kinds: string[] = ['list-deployments']
  const filter = (kind: string, value: string | undefined, condition: (parameter: string) => string): string => {
    if (value === undefined) return ''
    kinds.push(kind)
    return `and ${condition(`cast($${values.push(value)} as text)`)}`
  }
  const flow = filter('flow', search.flow, (parameter) => `d.flow = ${parameter}`)
  const name = filter('name', search.name, (parameter) => `substr(d.name, 1, length(${parameter})) = ${parameter}`)
  const tag = filter('tag', search.tag, (parameter) => parameter)
  const pool = filter('pool', search.pool, (parameter) => `d.pool = ${parameter}`)
  const paused = pausedText(search.paused)
  kinds.push(...paused.kinds)
  const text = bothTexts(
    (dialect) => `select ${deploymentColumns} from ${deploymentTables}
      where d.workspace = $1 and (d.flow, d.name) > ($2, $3) ${flow} ${name} ${pool} ${paused.condition} ${tag === '' ? '' : `${tag} in ${tagsOf[dialect]}`}
      order by d.flow, d.name limit $4`,
  )
  return { name: kinds.join('-'), text, values }
}

function pausedText(paused: boolean | undefined): { readonly kinds: readonly string[]; readonly condition: string } {
  if (paused === undefined) return { kinds: [], condition: '' }
  const value = paused ? 1 : 0
  return { kinds: [`paused-${value}`], condition: `and d.paused = ${value}` }
}

/** Newest first: a range of `deployment_version_number`. No lock. */
const selectVersions: Query<[deploymentId: string, below: number, limit: number], VersionRow> = query(
  'list-deployment-versions',
  'select * from deployment_version where deployment_id = $1 and number < $2 order by number desc limit $3',
)

const aboveAllNumbers = 2 ** 31 - 1

export function* listDeploymentVersions(
  deploymentId: string,
  page: { readonly limit: number; readonly after?: string },
): Steps<Page<DeploymentVersionRecord>> {
  const limit = clampLimit(page.limit)
  const below = page.after === undefined ? aboveAllNumbers : Math.min(numberCursor(page.after), aboveAllNumbers)
  const rows = yield* rowsOf(selectVersions(deploymentId, below, limit + 1))
  return pageOf(rows.map(decodeVersion), limit, ({ number }) => String(number))
}
