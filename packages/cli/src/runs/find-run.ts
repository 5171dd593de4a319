import { SluiceError } from '@sluice/core'
import type { Home } from '@sluice/engine'
import type { RunRecord } from '@sluice/store'
import { isRunName, newest } from './run-name.ts'

/** The run whose id begins with `prefix`, or for `last` the newest root run. Throws `RUN_NOT_FOUND` or `AMBIGUOUS_ID`. */
export async function findRun(home: Home, prefix: string): Promise<RunRecord> {
  const run = await lookUp(home, prefix.trim().toLowerCase())
  if (run === undefined) throw new SluiceError('RUN_NOT_FOUND', { run: prefix, location: placeOf(home) })
  return run
}

async function lookUp({ store }: Home, id: string): Promise<RunRecord | undefined> {
  if (id === newest) return (await store.listRuns({ limit: 1 })).items[0]
  if (!isRunName(id)) return undefined
  return id.length === 36 ? store.getRun(id) : store.findRun(id)
}

/** Where the home keeps its record; its directory where nothing was recorded yet. */
export function placeOf(home: Home): string {
  return home.store.location === ':memory:' ? home.dir : home.store.location
}

/** The root run that `prefix` names; a child run cannot be continued or repeated on its own. */
export async function findRootRun(home: Home, prefix: string): Promise<RunRecord> {
  return requireRootRun(await findRun(home, prefix))
}

/** Throws `OPTION_INVALID` for a child run, naming its root run. */
export function requireRootRun<R extends Pick<RunRecord, 'id' | 'parentId' | 'rootId'>>(run: R): R {
  if (run.parentId === null) return run
  throw new SluiceError('OPTION_INVALID', {
    option: 'id',
    problem: `${run.id} is a child run; use its root run ${run.rootId}`,
  })
}

/**
 * Beginnings of ids, as long as needed to tell these apart. Never shorter than the reporters' short ids (18): a run's child
 * runs often share its millisecond, which is what the first 13 characters say.
 */
export function shortIds(ids: readonly string[]): ReadonlyMap<string, string> {
  const distinct = new Set(ids)
  let length = 18
  while (length < 36 && new Set([...distinct].map((id) => id.slice(0, length))).size < distinct.size) length++
  return new Map([...distinct].map((id) => [id, id.slice(0, length)]))
}
