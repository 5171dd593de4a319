import { isSluiceError, SluiceError } from '@sluice/core'
import type { LoadCounts } from '../catalog/lake-catalog.ts'
import type { AnyPreparedLoad, LoadToWrite, PreparedLoad } from './prepared-load.ts'

/** What a write gives: how many rows it wrote, and, where they lie somewhere, how to take them away. */
export interface WrittenRows extends Partial<AsyncDisposable> {
  readonly rows: number
}

/** A load that was written: with the plan that held. */
export interface WrittenLoad<Written> {
  readonly load: PreparedLoad
  readonly written: Written
}

/**
 * Writes the rows of a load: hopefully first, closely when that fails. What a failed `write` left must be harmless, as staged
 * files are. Throws `LOAD_REJECTED`, `LOAD_COUNT_MISMATCH`, and what `write` throws.
 */
export async function writePrepared<Written extends WrittenRows>(
  load: AnyPreparedLoad,
  write: (load: LoadToWrite) => Promise<Written>,
): Promise<WrittenLoad<Written>> {
  const outcome = await attempt(load, write)
  if ('written' in outcome) return outcome
  if (load.recover === undefined) throw outcome.cause
  return writePrepared(await load.recover(outcome.cause), write)
}

async function attempt<Written extends WrittenRows>(
  load: AnyPreparedLoad,
  write: (load: LoadToWrite) => Promise<Written>,
): Promise<WrittenLoad<Written> | { readonly cause: unknown }> {
  // Both end before anything else begins: they share a source and a session.
  const [writing, counting] = await Promise.allSettled([write(load), 'count' in load ? load.count() : load.counts])
  const written = writing.status === 'fulfilled' ? writing.value : undefined
  const counts = counting.status === 'fulfilled' ? counting.value : undefined
  if (written && written.rows === counts?.loaded) return { load: { ...load, counts }, written }
  await written?.[Symbol.asyncDispose]?.()
  if (counting.status === 'rejected') throw counting.reason
  if (writing.status === 'fulfilled') return { cause: mismatch(load, writing.value.rows, counts) }
  if (isSluiceError(writing.reason, 'LAKE_QUERY_FAILED')) return { cause: writing.reason }
  throw writing.reason
}

function mismatch({ source }: LoadToWrite, rows: number, counts: LoadCounts | undefined): SluiceError {
  const wanted =
    counts === undefined ? 'it is not written as it seemed to be' : `${counts.loaded} rows were to be written`
  return new SluiceError('LOAD_COUNT_MISMATCH', { source, problem: `${wanted}, ${rows} were` })
}
