import { decodeRunCheckpoint, runCheckpointColumns, type RunCheckpointRow } from '../codec/run-codec.ts'
import { decodeTaskCheckpoint, taskCheckpointColumns, type TaskCheckpointRow } from '../codec/task-run-codec.ts'
import { allOfWait, decodeWait, type WaitRow } from '../codec/wait-codec.ts'
import type { Checkpoints } from '../records.ts'
import { type Query, query, rowsOf, type Steps } from '../statement.ts'

/** A range of `task_run_order`. No lock: whoever loads has claimed the run, so nobody else appends. */
const selectTasks: Query<[rootId: string], TaskCheckpointRow> = query(
  'load-task-checkpoints',
  `select ${taskCheckpointColumns} from task_run where root_id = $1 order by seq`,
)

/** A range of `run_tree`, sorted. */
const selectChildren: Query<[rootId: string], RunCheckpointRow> = query(
  'load-run-checkpoints',
  `select ${runCheckpointColumns} from run where root_id = $1 and parent_id is not null order by seq`,
)

/** A range of `wait_key`, sorted. */
const selectWaits: Query<[rootId: string], WaitRow> = query(
  'load-waits',
  `select ${allOfWait} from wait where root_id = $1 order by seq`,
)

/** Everything that the journal of a root run knows, each kind in the order of its numbers. */
export function* loadCheckpoints(rootId: string): Steps<Checkpoints> {
  return {
    tasks: (yield* rowsOf(selectTasks(rootId))).map(decodeTaskCheckpoint),
    runs: (yield* rowsOf(selectChildren(rootId))).map(decodeRunCheckpoint),
    waits: (yield* rowsOf(selectWaits(rootId))).map(decodeWait),
  }
}
