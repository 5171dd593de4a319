import { isSluiceError, SluiceError } from '@sluice/core'
import type { StoredValue } from '@sluice/store'
import type { RootRun } from './root-run.ts'

const pauseMs = 500

/** Result storage that refuses (a full disk) never fails a task: tried again until the journal's own patience ends. */
export async function keepTrying<T>(root: RootRun, store: () => T | Promise<T>): Promise<T> {
  const { platform, settings } = root
  const started = platform.now()
  for (;;) {
    try {
      return await store()
    } catch (error) {
      if (isSluiceError(error) && !isAway(error)) throw error
      const waitedMs = (platform.now() - started) / 1000
      if (waitedMs > settings.journalTimeoutMs)
        root.lose(new SluiceError('JOURNAL_TIMEOUT', { run: root.id, problem: String(error) }, { cause: error }))
      if (root.ended) return never()
      await new Promise<void>((resolve) => platform.after(pauseMs, resolve))
    }
  }
}

/** Asks a store that is away again until the journal's own patience ends. What it refuses for good is thrown. */
export async function patiently<T>(root: RootRun, ask: () => Promise<T>): Promise<T> {
  const { platform, settings } = root
  const started = platform.now()
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (root.ended) return never()
      if (isSluiceError(error, 'RUN_FENCED')) root.lose(error)
      else if (isSluiceError(error) && !isAway(error)) throw error
      else if ((platform.now() - started) / 1000 > settings.journalTimeoutMs)
        root.lose(new SluiceError('JOURNAL_TIMEOUT', { run: root.id, problem: String(error) }, { cause: error }))
      if (root.ended) return never()
      await new Promise<void>((resolve) => platform.after(pauseMs, resolve))
    }
  }
}

/**
 * Reads from a store that may be away, as long as the journal would wait for it, then throws. Lost answers are no crash: counted as
 * such, three of them would fail a run. `begun`: the first try, when it is under way already.
 */
export async function readPatiently<T>(root: RootRun, read: () => T | Promise<T>, begun?: Promise<T>): Promise<T> {
  const { platform, settings } = root
  const started = platform.now()
  for (let tried = begun; ; tried = undefined) {
    try {
      return await (tried ?? read())
    } catch (error) {
      const waitedMs = (platform.now() - started) / 1000
      if (!isAway(error) || root.ended || waitedMs > settings.journalTimeoutMs) throw error
      await new Promise<void>((resolve) => platform.after(pauseMs, resolve))
    }
  }
}

function isAway(error: unknown): boolean {
  return isSluiceError(error, 'STORE_UNAVAILABLE') || isSluiceError(error, 'STORE_FULL')
}

/** What an earlier process journaled. When it cannot be read, that is nobody's failure: the run stops here and can be continued. */
export async function readJournaled(root: RootRun, stored: StoredValue, whose: string): Promise<unknown> {
  try {
    return await readPatiently(root, () => root.values.decode(stored))
  } catch (error) {
    root.lose(isSluiceError(error) ? error : new SluiceError('RESULT_MISSING', { task: whose }, { cause: error }))
    return never()
  }
}

/** A cached result that can be read; anything else is a miss. */
export async function readCached(
  root: RootRun,
  key: string,
): Promise<{ readonly value: unknown; readonly stored: StoredValue } | undefined> {
  try {
    const hit = await root.home.store.getCached(key, root.platform.now())
    return hit && { value: await root.values.decode(hit.result), stored: hit.result }
  } catch (error) {
    if (isSluiceError(error, 'RUN_FENCED')) {
      root.lose(error)
      return never()
    }
    root.telling.log(40, `the cache could not be read, so the task runs: ${String(error)}`, null, root)
    return undefined
  }
}

/** Nothing of a lost run settles any more. */
function never(): Promise<never> {
  return new Promise<never>(() => undefined)
}
