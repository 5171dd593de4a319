import { isSluiceError, SluiceError } from '@sluice/core'
import type { PreparedLoad } from './prepared-load.ts'

/** A load that was written: with the plan that held. */
export interface WrittenLoad<Written> {
  readonly load: PreparedLoad
  readonly written: Written
}

/**
 * Writes the rows of a load: hopefully first, closely when that fails. What a failed `write` left must be harmless, as staged
 * files are. Throws `LOAD_REJECTED`, `LOAD_COUNT_MISMATCH`, and what `write` throws.
 */
export async function writePrepared<Written extends { readonly rows: number }>(
  load: PreparedLoad,
  write: (load: PreparedLoad) => Promise<Written>,
): Promise<WrittenLoad<Written>> {
  const outcome = await attempt(load, write)
  if ('written' in outcome) return { load, written: outcome.written }
  if (load.recover === undefined) throw outcome.cause
  return writePrepared(await load.recover(outcome.cause), write)
}

async function attempt<Written extends { readonly rows: number }>(
  load: PreparedLoad,
  write: (load: PreparedLoad) => Promise<Written>,
): Promise<{ readonly written: Written } | { readonly cause: unknown }> {
  try {
    const written = await write(load)
    if (written.rows === load.counts.loaded) return { written }
    return { cause: mismatch(load, written.rows) }
  } catch (cause) {
    if (isSluiceError(cause, 'LAKE_QUERY_FAILED')) return { cause }
    throw cause
  }
}

function mismatch(load: PreparedLoad, rows: number): SluiceError {
  return new SluiceError('LOAD_COUNT_MISMATCH', {
    source: load.source,
    problem: `${load.counts.loaded} rows were to be written, ${rows} were`,
  })
}
