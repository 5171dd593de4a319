import type { BookedRun } from '../audit/read-books.ts'
import { branches } from '../expected.ts'
import type { PlannedRun } from '../plan/runs.ts'
import type { Evidence, Finding } from './evidence.ts'

const law = 'every run ends once, with the right result'

/** Each planned run is there once and ended as planned; so did every run that was started by one, or by a schedule. */
export function endings({ plan, ids, books }: Evidence): readonly Finding[] {
  const roots = books.runs.filter((run) => run.parent_id === null)
  const byName = Map.groupBy(roots, (run) => run.name ?? '')
  const byStarter = Map.groupBy(roots, (run) => run.started_by ?? '')
  const planned = plan.work.flatMap((work) => [
    ...endingOf(work, byName.get(work.name) ?? [], ids.get(work.name)),
    ...branchesOf(work, byStarter.get(ids.get(work.name) ?? 'none') ?? []),
  ])
  const names = new Set(plan.work.map(({ name }) => name))
  const others = roots.filter((run) => !names.has(run.name ?? '') && run.state_name !== 'Completed')
  const strangers = roots.filter((run) => !names.has(run.name ?? '') && !run.started_by && !run.schedule_id)
  return [
    ...planned,
    ...others.map((run) => ({ law, root: run.id, problem: `${run.flow} ${stateOf(run)}` })),
    ...strangers.map((run) => ({ law, root: run.id, problem: `nobody asked for this ${run.flow}` })),
  ]
}

function endingOf(planned: PlannedRun, found: readonly BookedRun[], id: string | undefined): readonly Finding[] {
  const { name, result } = planned
  const [run] = found
  if (!run) return [{ law, problem: `${name} is not there` }]
  if (found.length > 1) return [{ law, root: run.id, problem: `${name} is there ${found.length} times` }]
  if (id !== undefined && id !== run.id)
    return [{ law, root: run.id, problem: `${name} was answered with another id: ${id}` }]
  if (result === undefined)
    return run.state_name === 'Cancelled' ? [] : [{ law, root: run.id, problem: `${name} ${stateOf(run)}` }]
  if (run.state_name !== 'Completed') return [{ law, root: run.id, problem: `${name} ${stateOf(run)}` }]
  return run.result === `[${result}]`
    ? []
    : [{ law, root: run.id, problem: `${name}: result ${run.result}, expected ${result}` }]
}

function branchesOf({ kind, name, work }: PlannedRun, started: readonly BookedRun[]): readonly Finding[] {
  if (kind !== 'tree' || started.length === branches(work).length) return []
  return [{ law, problem: `${name} started ${started.length} runs, expected ${branches(work).length}` }]
}

const stateOf = (run: BookedRun): string =>
  `is ${run.state_name}${run.state_message ? ` (${run.state_message})` : ''}, epoch ${run.epoch}`
