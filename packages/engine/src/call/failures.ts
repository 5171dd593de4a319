import type { Frame } from '../scope/frame.ts'
import { type Observable, reaches } from './future.ts'

const maxErrors = 1_000

/**
 * Which failed calls of a scope its code did not handle, once the scope itself failed with `error`: those whose error is (in) that
 * error, those nobody looked at but by way of a call that is such a one itself, and those handed out after the body had ended. The
 * rest was caught and stays as it is, so that a retry takes the same branch again.
 */
export function unhandledFailures(frame: Frame, error: unknown): readonly string[] {
  if (!frame.failures) return []
  const culprits = errorsIn(error)
  const late = new Set(frame.failures.map((failure) => (failure.late ? failure.future : undefined)))
  const lost = (future: Observable): boolean => late.has(future) || culprits.has(future.failure)
  const keys = new Set<string>()
  for (const { key, future } of frame.failures) {
    if (key === undefined || !future) continue
    const handled = reaches(future, (one) => one.seen, lost)
    if (!handled) keys.add(key)
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
