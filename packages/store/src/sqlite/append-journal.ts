import { columnList, placeholders, valuesOf } from '../codec/columns.ts'
import { foldBatch } from '../fold-batch.ts'
import { afterMissedFence, fenceAssignments, fenceCondition, fenceValues, receiptOf } from '../journal/fence.ts'
import { type JournalTable, journalTables } from '../journal/journal-tables.ts'
import { type FencedRun, leaveRun, leavingOf } from '../journal/leave-run.ts'
import { rootAssignments } from '../journal/root-assignments.ts'
import type { JournalBatch, JournalReceipt } from '../journal-batch.ts'
import { dropCheckpoints } from '../queries/drop-checkpoints.ts'
import { readControlRow } from '../queries/read-control.ts'
import { firstOf } from '../statement.ts'
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
    const held = connection.prepare('fence', fence).get(...fenceValues(folded))
    if (held === undefined) return afterMissedFence(folded, connection.drive(firstOf(readControlRow(batch.rootId))))
    // Before the rows: a row of this batch already carries what a drop in this batch did to it.
    connection.drive(dropCheckpoints(batch.rootId, folded.drops))
    for (const upsert of upserts) writeRows(connection, upsert, upsert.table.rows(folded))
    if (folded.root !== undefined) {
      const { text, values } = rootAssignments(folded.root, 2)
      connection.prepare(text, `update run set ${text} where id = $1`).run(batch.rootId, ...values)
    }
    const before = held as unknown as FencedRun
    const freed = leavingOf(folded) === undefined ? [] : connection.drive(leaveRun(folded, before))
    return receiptOf(before.state_type, freed)
  })
}

function writeRows(connection: SqliteConnection, upsert: Upsert, rows: ReturnType<JournalTable['rows']>): void {
  if (rows.length === 0) return
  const statement = connection.prepare(`upsert-${upsert.table.table}`, upsert.text)
  for (const row of rows) statement.run(...valuesOf(upsert.names, row))
}
