import { SluiceError } from '@sluice/core'
import { columnList, placeholders, valuesOf } from '../codec/columns.ts'
import { encodeNewRun, newRunColumns } from '../codec/run-codec.ts'
import { isId } from '../paging.ts'
import type { NewRun } from '../records.ts'
import { firstOf, type Query, query, type Steps, type Value } from '../statement.ts'
import { readControlRow } from './read-control.ts'

/** One row into the table and its list indexes; nothing when the id is there already. */
const insertRun: Query<readonly Value[], { id: string }> = query(
  'insert-run',
  `insert into run (${columnList(newRunColumns)}) values (${placeholders(newRunColumns)})
   on conflict (id) do nothing returning id`,
)

const names = Object.keys(newRunColumns)

/**
 * Inserts a root run, or finds it inserted by an earlier try whose answer was lost. A run that somebody took over in the
 * meantime is `RUN_FENCED`: whoever is late must not begin it.
 */
export function* createRun(run: NewRun): Steps<void> {
  if (!isId(run.id)) throw new SluiceError('OPTION_INVALID', { option: 'id', problem: `${run.id} is not a UUID` })
  if ((yield* firstOf(insertRun(...valuesOf(names, encodeNewRun(run))))) !== undefined) return
  const found = yield* firstOf(readControlRow(run.id))
  if (found?.epoch !== 1) throw new SluiceError('RUN_FENCED', { run: run.id, epoch: found?.epoch, expectedEpoch: 1 })
}
