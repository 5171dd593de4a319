import type { Frame } from './frame.ts'

const maxErrors = 1_000

/**
 * Which failed calls of a scope its code did not handle, once the scope itself failed with `error`: those whose error is (in) that
 * error, those nobody looked at, and those handed out after the body had ended. The rest was caught and stays as it is, so that a
 * retry takes the same branch again.
 */
export function unhandledFailures(frame: Frame, error: unknown): readonly string[] {
  if (!frame.failures) return []
  const culprits = errorsIn(error)
  const keys = new Set<string>()
  for (const failure of frame.failures) {
    if (failure.key === undefined) continue
    if (failure.late || culprits.has(failure.error) || !failure.future.observed) keys.add(failure.key)
  }
  return [...keys]
}

/** An error with its causes and the members of aggregates. */
function errorsIn(error: unknown): ReadonlySet<unknown> {
  const seen = new Set<unknown>()
  const queue = [error]
  for (let next = queue.pop(); next !== undefined && seen.size < maxErrors; next = queue.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    if (!(next instanceof Error)) continue
    if (next.cause !== undefined) queue.push(next.cause)
    if (next instanceof AggregateError) queue.push(...next.errors)
  }
  return seen
}
