import { beforeAllIds } from '../../paging.ts'
import { bothTexts, firstOf, type Statement, type Steps, type Value } from '../../statement.ts'
import { hasRuns } from './has-runs.ts'
import { refuseUnserved } from './refuse-unserved.ts'
import { namedRange, rangesOf, type RunFilter, taggedRange } from './run-ranges.ts'

/** Nobody counts further. */
const largestCap = 1_000_000

/** {@link EventStore.countRuns} */
export function* countRuns(filter: RunFilter, cap: number): Steps<number> {
  refuseUnserved(filter)
  if (!(yield* hasRuns(filter))) return 0
  const statement = selectCount(filter, [Math.min(Math.max(Math.trunc(cap), 0), largestCap)])
  return statement === undefined ? 0 : ((yield* firstOf(statement))?.found ?? 0)
}

/** The ranges of the search, of each no more than the cap, without reading a row where the index tells enough. No lock. */
function selectCount(filter: RunFilter, given: readonly Value[]): Statement<{ found: number }> | undefined {
  const counted = (ranges: readonly string[]): string =>
    `select count(*) as found from (${ranges.join(' union all ')} limit $1) as found`
  if (filter.name !== undefined) {
    const { kind, condition, values } = namedRange(filter, filter.name, { name: filter.name, id: beforeAllIds }, given)
    const text = bothTexts((dialect) =>
      counted([`select * from (select 1 from run where ${condition[dialect]} limit $1) as part`]),
    )
    return { name: `count-runs-${kind}`, text, values }
  }
  const table = filter.tag === undefined ? 'run' : 'run_tag'
  const { kind, conditions, values } =
    filter.tag === undefined ? rangesOf(filter, given) : taggedRange(filter, filter.tag, given)
  if (conditions.length === 0) return undefined
  const text = counted(
    conditions.map((condition) => `select * from (select 1 from ${table} where ${condition} limit $1) as part`),
  )
  return { name: `count-runs-${table}-${kind}`, text: { sqlite: text, postgres: text }, values }
}
