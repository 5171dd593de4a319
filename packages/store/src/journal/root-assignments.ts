import { isTerminal } from '@sluice/core'
import { encodeState } from '../codec/state-columns.ts'
import { encodeValue } from '../codec/stored-value-columns.ts'
import { flag, jsonColumn, listColumn, plainTextOrNull } from '../codec/text.ts'
import type { RootRunEntry } from '../journal-batch.ts'
import type { Value } from '../statement.ts'

type Column = readonly [name: string, value: Value]

/**
 * What an entry changes in its root run; fields left out stay. A state that is not an end gives way to Cancelling: somebody
 * asked for it while the owner did not know yet, and it must still learn.
 * @param given where the statement finds the value of a column: a parameter, or a column of what it joins
 * @returns the `set` of an update of `run`
 */
export function rootAssignments(entry: RootRunEntry, given: (column: string, value: Value) => string): string {
  const ended = isTerminal(entry.state.type)
  const givesWay = !ended && entry.state.type !== 'cancelling'
  const assign = ([name, value]: Column): string => `${name} = ${given(name, value)}`
  const assignState = ([name, value]: Column): string =>
    givesWay
      ? `${name} = case when run.state_type = 'cancelling' then run.${name} else ${given(name, value)} end`
      : `${name} = ${given(name, value)}`
  const parts = [...stateOf(entry).map(assignState), ...fieldsOf(entry).map(assign)]
  if (ended) parts.push('owner = null', ...(entry.endedAt === undefined ? [assign(['ended_at', entry.state.at])] : []))
  if (entry.state.type === 'running')
    parts.push(`started_at = coalesce(run.started_at, ${given('started_at', entry.state.at)})`)
  return parts.join(', ')
}

function stateOf(entry: RootRunEntry): Column[] {
  return [...(Object.entries(encodeState(entry.state)) as [string, Value][]), ['timeline', listColumn(entry.timeline)]]
}

function fieldsOf(entry: RootRunEntry): Column[] {
  const columns: Column[] = []
  if (entry.attempt !== undefined) columns.push(['attempt', entry.attempt])
  if (entry.error !== undefined) columns.push(['error', jsonColumn(entry.error)])
  if (entry.unhandled !== undefined) columns.push(['unhandled', listColumn(entry.unhandled)])
  if (entry.name !== undefined) columns.push(['name', plainTextOrNull(entry.name)])
  if (entry.endedAt !== undefined) columns.push(['ended_at', entry.endedAt])
  if (entry.nondeterministic !== undefined) columns.push(['nondeterministic', flag(entry.nondeterministic)])
  if (entry.parameters !== undefined) {
    const { text, ref, bytes } = encodeValue(entry.parameters)
    columns.push(['parameters', text], ['parameters_ref', ref], ['parameters_bytes', bytes])
  }
  if (entry.result !== undefined) {
    const { text, ref, bytes } = encodeValue(entry.result)
    columns.push(['result', text], ['result_ref', ref], ['result_bytes', bytes])
  }
  return columns
}
