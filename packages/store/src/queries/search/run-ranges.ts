import { type StateType, SluiceError, stateTypes } from '@sluice/core'
import type { RunSearch } from '../../event-store.ts'
import { afterAllIds } from '../../paging.ts'
import { bothTexts, type Dialect, type Value } from '../../statement.ts'
import { defaultWorkspace } from '../../store.ts'

/** What of a {@link RunSearch} says which runs are meant. */
export type RunFilter = Omit<RunSearch, 'limit' | 'after'>

/** A search as ranges of one index, of which the runs found are the union. */
export interface RunRanges {
  /** For the name of the statement. */
  readonly kind: string
  /** Conditions on `run`, one per range: equalities and bounds of the id. */
  readonly conditions: readonly string[]
  readonly values: readonly Value[]
}

/**
 * The ranges of `run_list`, `run_list_flow`, `run_list_state`, `run_list_flow_state`, `run_list_deployment`,
 * `run_list_deployment_state` or `run_list_started_by`. Several states are several ranges: asked for as `state in (…)` they would be
 * read whole and sorted.
 * @param given values that the statement has before these
 */
export function rangesOf(filter: RunFilter, given: readonly Value[]): RunRanges {
  const values: Value[] = [...given]
  const bind = (value: Value): string => `$${values.push(value)}`
  const scope = scopeOf(filter, bind)
  const bounds = idBounds(filter, 'id', bind)
  const states = filter.states === undefined ? [undefined] : [...new Set(filter.states)].map(knownState)
  const conditions = states.map(
    (state) => `${scope}${bounds}${state === undefined ? '' : ` and state_type = '${state}'`}`,
  )
  return { kind: `${kindOf(filter)}-${states.join('-')}`, conditions, values }
}

/** The range of the primary key of `run_tag`. */
export function taggedRange(filter: RunFilter, tag: string, given: readonly Value[]): RunRanges {
  const values: Value[] = [...given]
  const bind = (value: Value): string => `$${values.push(value)}`
  const scope = `workspace = ${bind(filter.workspace ?? defaultWorkspace)} and tag = ${bind(tag)}`
  return { kind: kindOf(filter), conditions: [`${scope}${idBounds(filter, 'run_id', bind)}`], values }
}

/** The range of `run_list_name` that begins after a row and ends with the prefix. Names are in the order of their bytes. */
export function namedRange(
  filter: RunFilter,
  prefix: string,
  after: { readonly name: string; readonly id: string },
  given: readonly Value[],
): Omit<RunRanges, 'conditions'> & { readonly condition: Readonly<Record<Dialect, string>> } {
  const values = [...given, filter.workspace ?? defaultWorkspace, after.name, after.id, `${prefix}${lastCharacter}`]
  const [workspace, name, id, end] = values.slice(given.length).map((_, index) => `$${given.length + index + 1}`)
  const scope = `workspace = ${workspace} and parent_id is null and name is not null`
  const condition = bothTexts((dialect) => {
    const bytes = dialect === 'postgres' ? 'name collate "C"' : 'name'
    return `${scope} and (${bytes}, id) > (${name}, ${id}) and ${bytes} < ${end}`
  })
  return { kind: 'name', condition, values }
}

/** No text goes on with something that comes after it. */
const lastCharacter = '\u{10FFFF}'

function scopeOf(filter: RunFilter, bind: (value: Value) => string): string {
  const workspace = `workspace = ${bind(filter.workspace ?? defaultWorkspace)} and parent_id is null`
  if (filter.startedBy !== undefined) return `${workspace} and started_by = ${bind(filter.startedBy)}`
  if (filter.deploymentId !== undefined) return `${workspace} and deployment_id = ${bind(filter.deploymentId)}`
  return filter.flow === undefined ? workspace : `${workspace} and flow = ${bind(filter.flow)}`
}

/** Which values a statement has decides about its text. */
function kindOf(filter: RunFilter): string {
  const names = ['flow', 'deploymentId', 'startedBy', 'createdAfter', 'createdBefore'] as const
  return names.filter((name) => filter[name] !== undefined).join('-')
}

/** An id begins with 48 bits of milliseconds: so times are bounds of the id, and every index that ends with it serves them. */
function idBounds(filter: RunFilter, column: string, bind: (value: Value) => string): string {
  const { createdAfter, createdBefore } = filter
  const from = createdAfter === undefined ? '' : ` and ${column} >= ${bind(firstIdOf(Math.floor(createdAfter / 1000)))}`
  const to = createdBefore === undefined ? '' : ` and ${column} < ${bind(firstIdOf(Math.ceil(createdBefore / 1000)))}`
  return `${from}${to}`
}

/** The lowest id of a millisecond, as far as an id can tell one. */
function firstIdOf(ms: number): string {
  if (ms >= 2 ** 48) return afterAllIds
  const digits = Math.max(ms, 0).toString(16).padStart(12, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8)}-0000-0000-000000000000`
}

function knownState(state: StateType): StateType {
  if (stateTypes.includes(state)) return state
  throw new SluiceError('OPTION_INVALID', { option: 'states', problem: `${JSON.stringify(state)} is not a state` })
}
