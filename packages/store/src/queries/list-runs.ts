import { type StateType, SluiceError, stateTypes } from '@sluice/core'
import { decodeRun, type RunRow } from '../codec/run-codec.ts'
import { areIds, clampLimit, emptyPage, idCursor, pageOf } from '../paging.ts'
import type { Page, RunRecord } from '../records.ts'
import { rowsOf, type Statement, type Steps, type Value } from '../statement.ts'
import { defaultWorkspace, type RunQuery } from '../store.ts'
import { allOfRun } from './fragments.ts'

/** Runs from new to old. */
export function* listRuns(query: RunQuery): Steps<Page<RunRecord>> {
  if (!areIds(query.rootId, query.parentId)) return emptyPage
  const limit = clampLimit(query.limit)
  const rows = yield* rowsOf(selectPage(query, limit + 1))
  return pageOf(rows.map(decodeRun), limit, (run) => run.id)
}

/**
 * One range of one index, from the cursor downwards, whatever the number of rows: `run_list`, `run_list_flow`,
 * `run_list_state`, `run_list_flow_state`, or `run_tree`. Several states are several ranges, merged: asked for as
 * `state in (…)` they would be read whole and sorted. No lock.
 */
function selectPage(query: RunQuery, limit: number): Statement<RunRow> {
  const states = query.states === undefined ? [undefined] : [...new Set(query.states)].map(knownState)
  const values: Value[] = [query.rootId ?? query.workspace ?? defaultWorkspace, idCursor(query.after), limit]
  const flow = query.flow === undefined ? '' : ` and flow = $${values.push(query.flow)}`
  const parent = query.parentId === undefined ? '' : ` and parent_id = $${values.push(query.parentId)}`
  const below = query.root === false ? `${parent} and parent_id is not null` : parent
  const scope = query.rootId === undefined ? 'workspace = $1 and parent_id is null' : `root_id = $1${below}`
  const range = (state: string | undefined): string =>
    `select * from (select ${allOfRun} from run where ${scope}${flow}${state === undefined ? '' : ` and state_type = '${state}'`}
      and id < $2 order by id desc limit $3) as page`
  const text =
    states.length === 0
      ? `${range(undefined)} where 1 = 0`
      : `${states.map(range).join(' union all ')} order by id desc limit $3`
  const kind = `${query.rootId === undefined ? 'roots' : 'tree'}${parent === '' ? '' : '-parent'}${query.root === false ? '-below' : ''}${flow === '' ? '' : '-flow'}`
  return { name: `list-runs-${kind}-${states.join('-')}`, text: { sqlite: text, postgres: text }, values }
}

function knownState(state: StateType): StateType {
  if (stateTypes.includes(state)) return state
  throw new SluiceError('OPTION_INVALID', { option: 'states', problem: `${JSON.stringify(state)} is not a state` })
}
