import { SluiceError } from '@sluice/core'
import type { RunRecord, Store } from '@sluice/store'

/** Throws `RUN_NOT_FOUND`. */
export async function getRun(store: Pick<Store, 'getRun'>, id: string): Promise<RunRecord> {
  const run = await store.getRun(id)
  if (!run) throw new SluiceError('RUN_NOT_FOUND', { run: id })
  return run
}
