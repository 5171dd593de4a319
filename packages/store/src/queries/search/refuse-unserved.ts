import { SluiceError } from '@sluice/core'
import type { RunFilter } from './run-ranges.ts'

const times = ['createdAfter', 'createdBefore'] as const

/** Every filter. One workspace is always meant. */
const filters = ['flow', 'states', 'deploymentId', 'tag', 'name', 'startedBy', ...times] as const

type FilterName = (typeof filters)[number]

/** What goes together with a filter: whatever one index serves. In order of precedence, for the message. */
const companions: readonly (readonly [filter: FilterName, others: readonly FilterName[]])[] = [
  ['name', []],
  ['tag', times],
  ['startedBy', times],
  ['deploymentId', ['flow', 'states', ...times]],
  ['flow', ['deploymentId', 'states', ...times]],
]

/** Throws `FILTER_UNSUPPORTED` for filters that no index serves together: such a search is slow exactly when it finds little. */
export function refuseUnserved(filter: RunFilter): void {
  for (const [name, others] of companions) {
    if (filter[name] === undefined) continue
    const unserved = filters.filter((key) => filter[key] !== undefined && key !== name && !others.includes(key))
    if (unserved.length > 0) throw new SluiceError('FILTER_UNSUPPORTED', { filter: name, unserved, served: others })
  }
}
