import { areIds } from '../../paging.ts'
import { firstOf, type Query, query, type Steps } from '../../statement.ts'
import type { RunFilter } from './run-ranges.ts'

/** The end of `run_list_deployment`. No lock. */
const selectFlow: Query<[deploymentId: string], { flow: string }> = query(
  'flow-of-deployment',
  'select flow from run where deployment_id = $1 order by id desc limit 1',
)

/**
 * False when the filter can find nothing. All runs of a deployment are of one flow, so both together are either the deployment's
 * range or nothing; filtering that range would read all of it to find nothing.
 */
export function* hasRuns(filter: RunFilter): Steps<boolean> {
  if (!areIds(filter.deploymentId, filter.startedBy)) return false
  if (filter.deploymentId === undefined || filter.flow === undefined) return true
  return (yield* firstOf(selectFlow(filter.deploymentId)))?.flow === filter.flow
}
