import { decodeRun, type RunRow } from '../../codec/run-codec.ts'
import type { RunSearch } from '../../event-store.ts'
import {
  areIds,
  beforeAllIds,
  clampLimit,
  emptyPage,
  idCursor,
  pageOf,
  textCursor,
  textCursorOf,
} from '../../paging.ts'
import type { Page, RunRecord } from '../../records.ts'
import { bothTexts, rowsOf, type Statement, type Steps } from '../../statement.ts'
import { allOfRun } from '../fragments.ts'
import { hasRuns } from './has-runs.ts'
import { refuseUnserved } from './refuse-unserved.ts'
import { namedRange, rangesOf, type RunRanges, taggedRange } from './run-ranges.ts'

/** {@link EventStore.searchRuns} */
export function* searchRuns(search: RunSearch): Steps<Page<RunRecord>> {
  refuseUnserved(search)
  const limit = clampLimit(search.limit)
  if (search.name !== undefined) return yield* searchByName(search, search.name, limit)
  const given = [idCursor(search.after), limit + 1]
  if (!(yield* hasRuns(search))) return emptyPage
  const statement =
    search.tag === undefined
      ? selectRanges(rangesOf(search, given))
      : selectTagged(taggedRange(search, search.tag, given))
  return statement === undefined ? emptyPage : pageOf((yield* rowsOf(statement)).map(decodeRun), limit, (run) => run.id)
}

/** From the cursor downwards in each range, whatever their number of rows, and merged. No lock. */
function selectRanges({ kind, conditions, values }: RunRanges): Statement<RunRow> | undefined {
  if (conditions.length === 0) return undefined
  const ranges = conditions.map(
    (condition) =>
      `select * from (select ${allOfRun} from run where ${condition} and id < $1 order by id desc limit $2) as page`,
  )
  const text = `${ranges.join(' union all ')} order by id desc limit $2`
  return { name: `search-runs-${kind}`, text: { sqlite: text, postgres: text }, values }
}

/** The page of ids first, from the primary key of `run_tag`, then their rows by primary key. No lock. */
function selectTagged({ kind, conditions, values }: RunRanges): Statement<RunRow> {
  const text = `select ${allOfRun} from run
    join (select run_id from run_tag where ${conditions.join('')} and run_id < $1 order by run_id desc limit $2) as page
      on run.id = page.run_id order by id desc`
  return { name: `search-runs-tag-${kind}`, text: { sqlite: text, postgres: text }, values }
}

/** A range of `run_list_name`, in its order: by name, and by id among equal names. No lock. */
function* searchByName(search: RunSearch, prefix: string, limit: number): Steps<Page<RunRecord>> {
  const [name = prefix, id = beforeAllIds] = textCursor(search.after, 2)
  if (!areIds(id)) return emptyPage
  const { kind, condition, values } = namedRange(search, prefix, { name, id }, [limit + 1])
  const text = bothTexts(
    (dialect) => `select ${allOfRun} from run where ${condition[dialect]}
      order by name${dialect === 'postgres' ? ' collate "C"' : ''}, id limit $1`,
  )
  const rows = yield* rowsOf<RunRow>({ name: `search-runs-${kind}`, text, values })
  return pageOf(rows.map(decodeRun), limit, (run) => textCursorOf(run.name ?? '', run.id))
}
