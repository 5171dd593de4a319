import { SluiceError } from '@sluice/core'
import type { Home } from '@sluice/engine'
import type { RunRecord } from '@sluice/store'

/** The run whose id begins with `prefix`. Throws `RUN_NOT_FOUND`, `AMBIGUOUS_ID`, or `OPTION_INVALID` for what is no id. */
export async function findRun(home: Home, prefix: string): Promise<RunRecord> {
  const id = prefix.trim().toLowerCase()
  if (!/^[0-9a-f][0-9a-f-]{3,35}$/.test(id)) {
    throw new SluiceError('OPTION_INVALID', {
      option: 'id',
      problem: `'${prefix}' is not the beginning of a run's id (four characters or more)`,
    })
  }
  const run = id.length === 36 ? await home.store.getRun(id) : await home.store.findRun(id)
  if (run === undefined) throw new SluiceError('RUN_NOT_FOUND', { run: prefix, location: home.store.location })
  return run
}

/** The root run that `prefix` names; a child run cannot be continued or repeated on its own. */
export async function findRootRun(home: Home, prefix: string): Promise<RunRecord> {
  const run = await findRun(home, prefix)
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
