import { artifactColumns, encodeArtifact } from '../codec/artifact-codec.ts'
import { cacheColumns, encodeCacheEntry } from '../codec/cache-codec.ts'
import { type Columns, replacing } from '../codec/columns.ts'
import { childRunColumns, encodeChildRun } from '../codec/run-codec.ts'
import { encodeTaskRun, taskRunColumns } from '../codec/task-run-codec.ts'
import { encodeWait, waitColumns } from '../codec/wait-codec.ts'
import type { FoldedBatch } from '../fold-batch.ts'
import type { Dialect, Value } from '../statement.ts'

/** A table that the journal writes: how its rows are encoded and what they replace. */
export interface JournalTable {
  readonly table: string
  readonly columns: Columns
  readonly rows: (batch: FoldedBatch) => readonly Readonly<Record<string, Value>>[]
  /** `on conflict … do update …` */
  readonly onConflict: (dialect: Dialect) => string
}

/** Every table of the journal, each with an upsert by its own identity. */
export const journalTables: readonly JournalTable[] = [
  {
    table: 'task_run',
    columns: taskRunColumns,
    rows: (batch) => batch.tasks.map(encodeTaskRun),
    onConflict: () => `(root_id, key) do update set ${replacing(taskRunColumns, ['root_id', 'key'])}`,
  },
  {
    table: 'run',
    columns: childRunColumns,
    rows: (batch) => batch.children.map(encodeChildRun),
    // A journal writes rows of its own root only, whatever ids it names.
    onConflict: () => `(id) do update set ${replacing(childRunColumns, ['id'])} where run.root_id = excluded.root_id`,
  },
  {
    table: 'wait',
    columns: waitColumns,
    rows: (batch) => batch.waits.map(encodeWait),
    onConflict: () => `(root_id, key) do update set ${replacing(waitColumns, ['root_id', 'key'])}, ${keptAnswer}`,
  },
  {
    table: 'artifact',
    columns: artifactColumns,
    rows: (batch) => batch.artifacts.map(encodeArtifact),
    onConflict: (dialect) => `(root_id, run_id, coalesce(task_run_id, ${noTask[dialect]}), key) do update set
      ${replacing(artifactColumns, ['id', 'root_id', 'run_id', 'task_run_id', 'key', 'created_at'])}`,
  },
  {
    table: 'cache',
    columns: cacheColumns,
    rows: (batch) => batch.cache.map(encodeCacheEntry),
    onConflict: () => `(key) do update set ${replacing(cacheColumns, ['key'])}`,
  },
]

/**
 * What ended a wait is no answer to the one that begins anew in its place (another id); an answer that nobody has taken yet is.
 */
const keptAnswer = ['answer', 'answered_at', 'answered_by']
  .map(
    (
      column,
    ) => `${column} = case when wait.id <> excluded.id and (wait.status in ('done', 'timedOut') or wait.answer is null)
      then null else wait.${column} end`,
  )
  .join(', ')

/** As in the index `artifact_key`. */
const noTask = { sqlite: "''", postgres: "'00000000-0000-0000-0000-000000000000'::uuid" }
