import { isTerminal } from '@sluice/core'
import { columnList, recordTypes } from '../codec/columns.ts'
import { foldBatch, type FoldedBatch } from '../fold-batch.ts'
import { afterMissedFence, fenceAssignments, fenceCondition, fenceValues, receiptOf } from '../journal/fence.ts'
import { journalTables } from '../journal/journal-tables.ts'
import { type FencedRun, leaveRun, leavingOf } from '../journal/leave-run.ts'
import { rootAssignments } from '../journal/root-assignments.ts'
import type { JournalBatch, JournalReceipt } from '../journal-batch.ts'
import { readControlRow } from '../queries/read-control.ts'
import { firstOf, listed, listOf, type Value } from '../statement.ts'
import { drive, type Queryable, rowsFrom } from './postgres-session.ts'

/** Does work in one transaction on one connection. */
export type Transact = <T>(work: (on: Queryable) => Promise<T>) => Promise<T>

/**
 * Appends one batch in one statement, which is one transaction and one round trip. The update of the root run comes first:
 * every other part asks for its row. So it locks the run before a row is written; when it has to wait for a successor, it
 * looks again at what that one left (read committed), finds another epoch, and no part writes anything.
 *
 * An end takes the run from its worker in the same statement, but only of a run that holds no slots. The row of the run says
 * so, and whoever takes slots locks it: what a statement sees of other tables can be older than what it waited for. A run that may
 * hold some, and one that suspends, are let go of in a transaction of several statements.
 */
export async function appendJournal(on: Queryable, transact: Transact, batch: JournalBatch): Promise<JournalReceipt> {
  const folded = foldBatch(batch)
  const leaving = leavingOf(folded)
  if (leaving !== 'suspends') {
    const [held] = await append(on, folded, leaving === undefined ? '' : ' and run.holds = 0')
    if (held !== undefined) return receiptOf(held.state_type)
    const found = await drive(on, firstOf(readControlRow(batch.rootId)))
    const fits = found?.epoch === folded.epoch && found.journal_seq === folded.first - 1
    if (leaving === undefined || !fits) return afterMissedFence(folded, found)
  }
  return transact((client) => appendAndLeave(client, folded))
}

/** The root run of a batch that was written, as it was before. */
interface HeldRun extends FencedRun {
  readonly id: string
}

/**
 * Appends one batch that does not suspend, unless its fence does not hold or somebody has the row of its run: it waits for nobody. A run
 * that is not given back was not written.
 *
 * One connection, one task per batch: 85 µs of processor time here and 125 µs in the database, where the statement for a group takes
 * 130 and 175 µs.
 */
export async function appendUnlessHeld(on: Queryable, batch: FoldedBatch): Promise<readonly HeldRun[]> {
  return append(on, batch, leavingOf(batch) === 'ends' ? ' and run.holds = 0' : '', ' skip locked')
}

async function appendAndLeave(on: Queryable, batch: FoldedBatch): Promise<JournalReceipt> {
  const [held] = await append(on, batch, '')
  if (held === undefined) return afterMissedFence(batch, await drive(on, firstOf(readControlRow(batch.rootId))))
  return receiptOf(held.state_type, await drive(on, leaveRun(batch, held)))
}

async function append(
  on: Queryable,
  batch: FoldedBatch,
  condition: string,
  held: '' | ' skip locked' = '',
): Promise<readonly HeldRun[]> {
  const { name, text, values } = statementOf(batch, condition, held)
  return (await rowsFrom(on, name, text, values)) as readonly HeldRun[]
}

interface JournalStatement {
  /** The text itself when the root run changes: each set of fields is another one, and planning one takes longer than running it. */
  readonly name: string
  readonly text: string
  readonly values: readonly Value[]
}

function statementOf(batch: FoldedBatch, condition: string, held: string): JournalStatement {
  const values: Value[] = [...fenceValues(batch)]
  const parts = [...fenceOf(batch, values, condition, held), ...dropsOf(batch, values)]
  let name = `append${held}${batch.drops.length === 0 ? '' : '-drops'}`
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
  const text = `with ${parts.join(', ')} select * from fence`
  return { name: batch.root === undefined ? name : text, text, values }
}

/** The run's state before the batch is what the receipt tells; only a batch that changes it, or may not wait, has to read it first. */
function fenceOf({ root }: FoldedBatch, values: Value[], more: string, held: string): string[] {
  const condition = `run.parent_id is null and ${fenceCondition}${more}`
  if (root === undefined && held === '') {
    return [
      `fence as (update run set ${fenceAssignments} where id = $1 and ${condition} returning id, state_type, holds)`,
    ]
  }
  const changes = root === undefined ? '' : `, ${rootAssignments(root, (_, value) => `$${values.push(value)}`)}`
  return [
    `before as (select id as before_id, state_type as before_state from run where id = $1 for update${held})`,
    `fence as (update run set ${fenceAssignments}${changes} from before
      where id = before_id and ${condition} returning id, before_state as state_type, holds)`,
    ...(root !== undefined && isTerminal(root.state.type)
      ? ['assignment_end as (delete from assignment where root_id = $1 and exists (select from fence))']
      : []),
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
