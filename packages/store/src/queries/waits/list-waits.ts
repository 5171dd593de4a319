import { SluiceError } from '@sluice/core'
import { allOfWait, decodeWait, type WaitRow } from '../../codec/wait-codec.ts'
import type { WaitQuery } from '../../dispatch-store.ts'
import { areIds, clampLimit, emptyPage, idCursor, pageOf } from '../../paging.ts'
import type { Page, WaitRecord } from '../../records.ts'
import { firstOf, type Query, query, rowsOf, type Statement, type Steps, type Value } from '../../statement.ts'

/** One row by primary key. No lock. */
const selectWait: Query<[id: string], WaitRow> = query('get-wait', `select ${allOfWait} from wait where id = $1`)

/** A wait by its id. */
export function* getWait(id: string): Steps<WaitRecord | undefined> {
  const row = yield* firstOf(selectWait(id))
  return row && decodeWait(row)
}

/** Waits from new to old. */
export function* listWaits(asked: WaitQuery): Steps<Page<WaitRecord>> {
  if (!areIds(asked.rootId)) return emptyPage
  const limit = clampLimit(asked.limit)
  return pageOf((yield* rowsOf(selectPage(asked, limit + 1))).map(decodeWait), limit, (wait) => wait.id)
}

/**
 * A range of `wait_key` for one tree; else, for those that are open, of `wait_open`; else of the primary key. The state stands in the
 * text: a partial index is not used for a parameter. Nobody waits any more in a run that has ended, although the row stays open for
 * whoever retries it; one that crashed goes on. No lock.
 */
function selectPage(asked: WaitQuery, limit: number): Statement<WaitRow> {
  const values: Value[] = [idCursor(asked.after), limit]
  const root = asked.rootId === undefined ? '' : ` and root_id = $${values.push(asked.rootId)}`
  const status = asked.status === undefined ? undefined : knownStatus(asked.status)
  const text = `select ${allOfWait} from wait where id < $1${root}${status === undefined ? '' : ` and status = '${status}'`}${status === 'open' ? live : ''}
    order by id desc limit $2`
  const name = `list-waits${root === '' ? '' : '-root'}${status === undefined ? '' : `-${status}`}`
  return { name, text: { sqlite: text, postgres: text }, values }
}

const live = ` and exists (select 1 from run where run.id = wait.root_id
  and run.state_type not in ('completed', 'failed', 'cancelled'))`

const statuses: ReadonlySet<string> = new Set<WaitRecord['status']>(['open', 'done', 'timedOut', 'cancelled'])

function knownStatus(status: WaitRecord['status']): WaitRecord['status'] {
  if (statuses.has(status)) return status
  throw new SluiceError('OPTION_INVALID', { option: 'status', problem: `${JSON.stringify(status)} is not a wait's` })
}
