/** Runs that flows have started and that this process runs, by store and id. */
const started = new WeakMap<object, Map<string, Promise<void>>>()

export function isStartedHere(store: object, id: string): boolean {
  return started.get(store)?.has(id) ?? false
}

export function keepStarted(store: object, id: string, end: Promise<unknown>): void {
  const runs = started.get(store) ?? new Map<string, Promise<void>>()
  started.set(store, runs)
  const gone = (): boolean => runs.delete(id)
  runs.set(
    id,
    end.then(gone, gone).then(() => undefined),
  )
}

/** Resolves when none of them runs any more: a store must not close under them. */
export async function startedHaveEnded(store: object): Promise<void> {
  const running = (): readonly Promise<void>[] => [...(started.get(store)?.values() ?? [])]
  // What has ended may have started others.
  while (running().length > 0) await Promise.all(running())
}
