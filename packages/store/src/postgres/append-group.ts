import { isTerminal, type StateType } from '@sluice/core'
import { type Columns, columnList, recordTypes } from '../codec/columns.ts'
import { runColumns } from '../codec/run-codec.ts'
import type { FoldedBatch } from '../fold-batch.ts'
import { fenceValues } from '../journal/fence.ts'
import { type JournalTable, journalTables } from '../journal/journal-tables.ts'
import { leavingOf } from '../journal/leave-run.ts'
import { rootAssignments } from '../journal/root-assignments.ts'
import type { Value } from '../statement.ts'
import { appendUnlessHeld } from './append-journal.ts'
import { type Queryable, rowsFrom } from './postgres-session.ts'

/** A batch as one row of the group's fence, and the statement that it needs. */
export interface GroupedBatch {
  readonly batch: FoldedBatch
  /** Batches with the same shape go in one statement. */
  readonly shape: string
  readonly changes: Readonly<Record<string, Value>>
  readonly assignments: string
  /** Encoded, by table. */
  readonly rows: ReadonlyMap<string, ReturnType<JournalTable['rows']>>
  /** Characters of its rows, roughly. */
  readonly size: number
}

/** A root run whose fence held, as it was before the batch. */
export interface GroupFenced {
  readonly id: string
  readonly state_type: StateType
}

const fenceColumns: Columns = {
  batch_root: 'id',
  batch_epoch: 'bigint',
  batch_before: 'bigint',
  batch_last: 'bigint',
  batch_progress: 'integer',
}

/**
 * Undefined for a batch that goes alone: one that drops, which a row of the same batch may contradict; one whose result goes into the
 * cache, where a key can be another run's too; one that suspends, which takes several statements.
 */
export function groupedBatch(batch: FoldedBatch): GroupedBatch | undefined {
  const { rootId, root, drops, cache, tasks, children, waits, artifacts } = batch
  if (drops.length > 0 || cache.length > 0 || leavingOf(batch) === 'suspends') return undefined
  if ([tasks, children, waits, artifacts].some((rows) => rows.some((row) => row.rootId !== rootId))) return undefined
  const changes: Record<string, Value> = {}
  const given = (column: string, value: Value): string => {
    changes[column] = value
    return `given.${column}`
  }
  const assignments = root === undefined ? '' : `, ${rootAssignments(root, given)}`
  const encoded = journalTables.map((table) => [table.table, table.rows(batch)] as const)
  const rows = new Map(encoded.filter(([, some]) => some.length > 0))
  const ends = root !== undefined && isTerminal(root.state.type)
  const shape = [ends ? 'end' : 'go', ...rows.keys(), assignments].join(' ')
  return { batch, shape, changes, assignments, rows, size: sizeOf([changes, ...[...rows.values()].flat()]) }
}

function sizeOf(rows: readonly Readonly<Record<string, Value>>[]): number {
  let size = 0
  for (const row of rows) for (const value of Object.values(row)) size += typeof value === 'string' ? value.length : 8
  return size
}

/**
 * Appends batches of one shape, of different runs, in one statement: one round trip and one commit for all. Each has its own fence: a
 * run that is not given back was not written, because the fence did not hold, because it may hold slots at its end, or because
 * somebody else has its row just now. That one is appended alone, where it may wait, and where its verdict is found.
 *
 * A batch that has no other beside it takes the statement for one, which is half as much work.
 *
 * Every row of `run` is found by its primary key, one by one, also by a plan that was made while the table was small and stays with the
 * connection: what a group joins is shaped so that the planner expects one row. Joined as a whole, such a plan read 400 000 rows each time.
 *
 * It waits for no row of `run`, so it neither stands in a circle of locks nor lets all runs wait for one of them. That a row is locked
 * before it is changed makes each fence one, as in `append-journal.ts`.
 */
export async function appendGroup(
  on: Queryable,
  group: readonly [GroupedBatch, ...GroupedBatch[]],
): Promise<readonly GroupFenced[]> {
  const [{ shape, changes, assignments, batch }] = group
  if (group.length === 1) return appendUnlessHeld(on, batch)
  const ends = leavingOf(batch) === 'ends'
  const columns = Object.fromEntries(
    Object.keys(changes).map((name) => [name, (runColumns as Columns)[name] ?? 'text']),
  )
  const values: Value[] = [JSON.stringify(group.map(fenceRow))]
  const parts = journalTables.flatMap((table) => {
    const rows = group.flatMap((each) => each.rows.get(table.table) ?? [])
    if (rows.length === 0) return []
    const names = columnList(table.columns)
    return [
      `${table.table}_rows as (insert into ${table.table} (${names}) select ${names}
        from json_to_recordset($${values.push(JSON.stringify(rows))}::json) as r (${recordTypes(table.columns)})
        where r.root_id in (select id from fence) on conflict ${table.onConflict('postgres')})`,
    ]
  })
  if (ends) parts.push('assignment_end as (delete from assignment where root_id in (select id from fence))')
  const text = `with given as (
      select * from json_to_recordset($1::json) as r (${recordTypes({ ...fenceColumns, ...columns })})),
    before as (select locked.id as before_id, locked.state_type as before_state from given cross join lateral
      (select id, state_type from run where run.id = given.batch_root for update skip locked) as locked
      where locked.id = given.batch_root),
    fence as (update run set journal_seq = given.batch_last,
        crash_count = case when given.batch_progress = 1 then 0 else run.crash_count end${assignments}
      from before join given on given.batch_root = before.before_id
      where run.id = before.before_id and run.parent_id is null and run.epoch = given.batch_epoch
        and run.journal_seq = given.batch_before${ends ? ' and run.holds = 0' : ''}
      returning run.id, before.before_state as state_type)
    ${parts.map((part) => `, ${part}`).join('')} select * from fence`
  return (await rowsFrom(on, `group ${shape}`, text, values)) as readonly GroupFenced[]
}

function fenceRow({ batch, changes }: GroupedBatch): Readonly<Record<string, Value>> {
  const [batch_root, batch_epoch, batch_before, batch_last, batch_progress] = fenceValues(batch)
  return { ...changes, batch_root, batch_epoch, batch_before, batch_last, batch_progress }
}
