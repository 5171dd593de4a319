import { columnList, recordTypes } from '../codec/columns.ts'
import { foldBatch, type FoldedBatch } from '../fold-batch.ts'
import { afterMissedFence, fenceAssignments, fenceCondition, fenceValues, receiptOf } from '../journal/fence.ts'
import { journalTables } from '../journal/journal-tables.ts'
import { rootAssignments } from '../journal/root-assignments.ts'
import type { JournalBatch, JournalReceipt } from '../journal-batch.ts'
import { readControlRow } from '../queries/read-control.ts'
import { firstOf, listed, listOf, type Value } from '../statement.ts'
import { drive, type Queryable, rowsFrom } from './postgres-session.ts'

/**
 * Appends one batch in one statement, which is one transaction and one round trip. The update of the root run comes first:
 * every other part asks for its row. So it locks the run before a row is written; when it has to wait for a successor, it
 * looks again at what that one left (read committed), finds another epoch, and no part writes anything.
 */
export async function appendJournal(on: Queryable, batch: JournalBatch): Promise<JournalReceipt> {
  const folded = foldBatch(batch)
  const { name, text, values } = statementOf(folded)
  const [held] = (await rowsFrom(on, name, text, values)) as readonly { state_type: string }[]
  if (held !== undefined) return receiptOf(held.state_type)
  return afterMissedFence(folded, await drive(on, firstOf(readControlRow(batch.rootId))))
}

interface JournalStatement {
  /** None when the root run changes: rare, and each set of fields is another text. */
  readonly name: string | undefined
  readonly text: string
  readonly values: readonly Value[]
}

function statementOf(batch: FoldedBatch): JournalStatement {
  const values: Value[] = [...fenceValues(batch)]
  const parts = [...fenceOf(batch, values), ...dropsOf(batch, values)]
  let name = batch.drops.length === 0 ? 'append' : 'append-drops'
  for (const table of journalTables) {
    const rows = table.rows(batch)
    if (rows.length === 0) continue
    const columns = columnList(table.columns)
    name += `-${table.table}`
    parts.push(`${table.table}_rows as (
      insert into ${table.table} (${columns}) select ${columns}
      from json_to_recordset($${values.push(JSON.stringify(rows))}::json) as r (${recordTypes(table.columns)})
      where exists (select from fence) on conflict ${table.onConflict('postgres')})`)
  }
  const text = `with ${parts.join(', ')} select state_type from fence`
  return { name: batch.root === undefined ? name : undefined, text, values }
}

/** The run's state before the batch is what the receipt tells; only a batch that changes it has to read it first. */
function fenceOf({ root }: FoldedBatch, values: Value[]): string[] {
  const condition = `run.parent_id is null and ${fenceCondition}`
  if (root === undefined) {
    return [`fence as (update run set ${fenceAssignments} where id = $1 and ${condition} returning state_type)`]
  }
  const changes = rootAssignments(root, values.length + 1)
  values.push(...changes.values)
  return [
    'before as (select id as before_id, state_type as before_state from run where id = $1 for update)',
    `fence as (update run set ${fenceAssignments}, ${changes.text} from before
      where id = before_id and ${condition} returning before_state as state_type)`,
  ]
}

/** One statement may touch a row once: rows that this batch writes carry their drop already and are left out. */
function dropsOf(batch: FoldedBatch, values: Value[]): string[] {
  if (batch.drops.length === 0) return []
  const list = (items: readonly string[]): string => listed(`$${values.push(listOf(items))}`).postgres
  const drop = (table: string, column: string, written: readonly string[], keys: string): string =>
    `${table}_drops as (update ${table} set checkpoint = 0 where root_id = $1 and key in ${keys}
      and cast(${column} as text) not in ${list(written)} and exists (select from fence))`
  const keys = list(batch.drops)
  return [
    drop(
      'task_run',
      'key',
      batch.tasks.map((row) => row.key),
      keys,
    ),
    drop('run', 'id', [batch.rootId, ...batch.children.map((row) => row.id)], keys),
    drop(
      'wait',
      'key',
      batch.waits.map((row) => row.key),
      keys,
    ),
  ]
}
