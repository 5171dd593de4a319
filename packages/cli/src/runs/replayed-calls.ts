import { isTerminal } from '@sluice/core'
import type { RunFacts, TaskFacts } from './run-source.ts'

type Call = Pick<TaskFacts, 'id' | 'key' | 'state' | 'checkpoint' | 'endedAt' | 'upstream' | 'runId' | 'parentTaskId'>

/**
 * The ids of the calls whose outcome an earlier process of the run left and a later one used. After a resume that took
 * another way (its code or inputs had changed) the record also holds calls that nobody asked for again: then only those
 * count that a later call depended on.
 */
export function replayedCalls(
  root: RunFacts,
  runs: readonly RunFacts[],
  tasks: readonly TaskFacts[],
): ReadonlySet<string> {
  const before = lastResume(root)
  if (before === null) return new Set()
  const calls = [...tasks, ...runs.filter((run) => run.parentId !== null).map(asCall)]
  const earlier = calls.filter(
    (call) => call.checkpoint && isTerminal(call.state.type) && call.endedAt !== null && call.endedAt <= before,
  )
  if (!root.nondeterministic) return new Set(earlier.map((call) => call.id))
  const later = calls.filter((call) => call.endedAt === null || call.endedAt > before)
  const needed = usedBy(later, calls)
  return new Set(earlier.filter((call) => needed.has(call.id)).map((call) => call.id))
}

/** All that these calls depend on, and what that called in its turn. */
function usedBy(later: readonly Call[], calls: readonly Call[]): ReadonlySet<string> {
  const byKey = new Map(calls.map((call) => [call.key, call]))
  const byCaller = Map.groupBy(calls, (call) => call.parentTaskId ?? call.runId)
  const used = new Set<string>()
  const open = later.flatMap(({ upstream }) => [...upstream.data, ...upstream.after])
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const call = byKey.get(key)
    if (call === undefined || used.has(call.id)) continue
    used.add(call.id)
    open.push(...call.upstream.data, ...call.upstream.after)
    for (const inner of byCaller.get(call.id) ?? []) open.push(inner.key)
  }
  return used
}

function asCall(run: RunFacts): Call {
  return { ...run, key: run.key ?? run.id, runId: run.parentId ?? run.rootId }
}

/** When a later process last took the run up; null when one process did it all. */
function lastResume(run: RunFacts): number | null {
  const starts = run.timeline.filter(([name]) => name === 'Running' || name === 'Retrying')
  const last = starts.at(-1)
  return last === undefined || starts.length < 2 ? null : last[1]
}
