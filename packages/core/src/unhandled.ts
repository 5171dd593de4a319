/** What a retry needs to know of a call that the journal has. */
export interface FailedCall {
  readonly key: string
  readonly failed: boolean
  /** Keys of failed calls in its own scope that its code did not handle. */
  readonly unhandled: readonly string[]
}

/**
 * The checkpoints that a retry drops, in the order of `calls`.
 *
 * `unhandled`: from the failures that the root's code did not handle, down through what those calls did not handle
 * themselves. A failure that somebody caught was part of how the run went, so it is replayed. `all`: every failed call.
 */
export function droppedOnRetry(
  calls: readonly FailedCall[],
  rootUnhandled: readonly string[],
  mode: 'unhandled' | 'all',
): readonly string[] {
  const failed = calls.filter((call) => call.failed)
  if (mode === 'all') return failed.map((call) => call.key)
  const reached = reachedFrom(rootUnhandled, new Map(failed.map((call) => [call.key, call])))
  return failed.filter((call) => reached.has(call)).map((call) => call.key)
}

function reachedFrom(keys: readonly string[], failed: ReadonlyMap<string, FailedCall>): Set<FailedCall> {
  const reached = new Set<FailedCall>()
  const queue = [keys]
  for (const batch of queue) {
    for (const key of batch) {
      const call = failed.get(key)
      if (call === undefined || reached.has(call)) continue
      reached.add(call)
      queue.push(call.unhandled)
    }
  }
  return reached
}
