import { columnList, placeholders, valuesOf } from '../codec/columns.ts'
import { foldBatch, type FoldedBatch } from '../fold-batch.ts'
import { afterMissedFence, fenceAssignments, fenceCondition, fenceValues, receiptOf } from '../journal/fence.ts'
import { type JournalTable, journalTables } from '../journal/journal-tables.ts'
import { type FencedRun, leaveRun, leavingOf } from '../journal/leave-run.ts'
import { rootAssignments } from '../journal/root-assignments.ts'
import type { JournalBatch, JournalReceipt } from '../journal-batch.ts'
import { dropCheckpoints } from '../queries/drop-checkpoints.ts'
import { readControlRow } from '../queries/read-control.ts'
import { firstOf, type Value } from '../statement.ts'
import type { SqliteConnection } from './sqlite-connection.ts'

/** One row by primary key, in a transaction that is the only writer from its begin on. */
const fence = `update run set ${fenceAssignments} where id = $1 and parent_id is null and ${fenceCondition} returning state_type, holds`

interface Upsert {
  readonly table: JournalTable
  readonly names: readonly string[]
  readonly text: string
}

const upserts: readonly Upsert[] = journalTables.map((table) => ({
  table,
  names: Object.keys(table.columns),
  text: `insert into ${table.table} (${columnList(table.columns)}) values (${placeholders(table.columns)})
    on conflict ${table.onConflict('sqlite')}`,
}))

/** Appends one batch in one transaction. Synchronous from begin to commit. */
export function appendJournal(connection: SqliteConnection, batch: JournalBatch): JournalReceipt {
  const folded = foldBatch(batch)
  return connection.transaction(() => {
    const before = passFence(connection, folded)
    return before === undefined ? missedFence(connection, folded) : write(connection, folded, before)
  })
}

/** What became of one batch of several. */
export type Appended = { readonly receipt: JournalReceipt } | { readonly error: unknown }

/**
 * Appends batches of several runs in one transaction: a commit costs as much as three small batches. A batch whose fence does not
 * hold has written nothing, so the others stand. Throws what any other batch throws: then none of them is written.
 */
export function appendJournals(connection: SqliteConnection, batches: readonly JournalBatch[]): readonly Appended[] {
  const folded = batches.map(foldBatch)
  return connection.transaction(() =>
    folded.map((batch): Appended => {
      const before = passFence(connection, batch)
      if (before !== undefined) return { receipt: write(connection, batch, before) }
      try {
        return { receipt: missedFence(connection, batch) }
      } catch (error) {
        return { error }
      }
    }),
  )
}

/** The run as it was; undefined when the batch may not be written. */
function passFence(connection: SqliteConnection, batch: FoldedBatch): FencedRun | undefined {
  return connection.prepare('fence', fence).get(...fenceValues(batch)) as FencedRun | undefined
}

function missedFence(connection: SqliteConnection, batch: FoldedBatch): JournalReceipt {
  return afterMissedFence(batch, connection.drive(firstOf(readControlRow(batch.rootId))))
}

function write(connection: SqliteConnection, batch: FoldedBatch, before: FencedRun): JournalReceipt {
  // Before the rows: a row of this batch already carries what a drop in this batch did to it.
  connection.drive(dropCheckpoints(batch.rootId, batch.drops))
  for (const upsert of upserts) writeRows(connection, upsert, upsert.table.rows(batch))
  if (batch.root !== undefined) {
    const values: Value[] = []
    const text = rootAssignments(batch.root, (_, value) => `$${1 + values.push(value)}`)
    connection.prepare(text, `update run set ${text} where id = $1`).run(batch.rootId, ...values)
  }
  const freed = leavingOf(batch) === undefined ? [] : connection.drive(leaveRun(batch, before))
  return receiptOf(before.state_type, freed)
}

function writeRows(connection: SqliteConnection, upsert: Upsert, rows: ReturnType<JournalTable['rows']>): void {
  if (rows.length === 0) return
  const statement = connection.prepare(`upsert-${upsert.table.table}`, upsert.text)
  for (const row of rows) statement.run(...valuesOf(upsert.names, row))
}
