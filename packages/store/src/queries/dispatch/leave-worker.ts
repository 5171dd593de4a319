import { bothTexts, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { isAnyId } from '../fragments.ts'

/** By primary key; nothing for what a script runs. */
const deleteAssignments: Query<[roots: string]> = query(
  'delete-assignments',
  bothTexts((dialect) => `delete from assignment where root_id ${isAnyId('$1')[dialect]}`),
)

/** No worker has these root runs any more. The caller has locked their rows. */
export function* leaveWorkers(roots: readonly string[]): Steps<void> {
  if (roots.length > 0) yield* rowsOf(deleteAssignments(listOf(roots)))
}
