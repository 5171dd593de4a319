import { isSluiceError } from '@sluice/core'
import { markDeadRuns, openHome, type Home, type OpenHome } from '@sluice/engine'
import type { CliIo } from '../io.ts'

/**
 * Opens the home that belongs to the working directory, marks the runs of dead processes Crashed (so that every list tells
 * the truth), and closes it whatever happens. A home that cannot be written can still be looked at, and looking makes none.
 */
export async function withHome<T>(
  io: CliIo,
  use: (home: OpenHome) => Promise<T>,
  options: { readonly mark?: boolean; readonly create?: boolean } = {},
): Promise<T> {
  const home = await openAnyHome(io.cwd, options.create ?? false)
  try {
    if (options.mark !== false) await markDead(home)
    return await use(home)
  } finally {
    await home.close()
  }
}

async function openAnyHome(cwd: string, create: boolean): Promise<OpenHome> {
  try {
    return await openHome({ cwd, create })
  } catch (error) {
    if (!isSluiceError(error, 'STORE_READ_ONLY')) throw error
    return openHome({ cwd, readOnly: true })
  }
}

/** Marks the runs of dead processes Crashed, where that can be written. */
export async function markDead(home: Home): Promise<void> {
  try {
    await markDeadRuns(home)
  } catch (error) {
    if (!isSluiceError(error, 'STORE_READ_ONLY') && !isSluiceError(error, 'HOME_READ_ONLY')) throw error
  }
}
