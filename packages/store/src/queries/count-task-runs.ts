import { firstOf, type Query, query, type Steps } from '../statement.ts'
import type { TaskRunCounts } from '../store.ts'

/** Every task run of the tree, once. No lock. */
const countByOutcome: Query<[rootId: string], TaskRunCounts> = query(
  'count-task-runs',
  `select
     count(*) as total,
     count(case when state_type = 'completed' and state_name <> 'Cached' then 1 end) as completed,
     count(case when state_name = 'Cached' then 1 end) as cached,
     count(case when state_type = 'failed' then 1 end) as failed,
     count(case when state_type = 'cancelled' then 1 end) as cancelled,
     count(case when state_type not in ('completed', 'failed', 'cancelled') then 1 end) as other,
     coalesce(sum(case when attempt > 1 then attempt - 1 else 0 end), 0) as retries
   from task_run where root_id = $1`,
)

/** The counts of a tree without any. */
export const noTaskRuns: TaskRunCounts = {
  total: 0,
  completed: 0,
  cached: 0,
  failed: 0,
  cancelled: 0,
  other: 0,
  retries: 0,
}

/** Task runs of a tree by outcome; `other` are those that have not ended, or crashed. */
export function* countTaskRuns(rootId: string): Steps<TaskRunCounts> {
  return { ...noTaskRuns, ...(yield* firstOf(countByOutcome(rootId))) }
}
