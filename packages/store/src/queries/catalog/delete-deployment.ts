import { firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'

/** One row by primary key; its schedules by `schedule_slug`. */
const removeDeployment: Query<[id: string], { id: string }> = query(
  'delete-deployment',
  'delete from deployment where id = $1 returning id',
)
const removeSchedules: Query<[deploymentId: string]> = query(
  'delete-schedules-of-deployment',
  'delete from schedule where deployment_id = $1',
)

/** What it has started goes on. Its versions stay: runs are pinned to them. */
export function* deleteDeployment(id: string): Steps<boolean> {
  if ((yield* firstOf(removeDeployment(id))) === undefined) return false
  yield* rowsOf(removeSchedules(id))
  return true
}
