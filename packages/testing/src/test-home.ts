import { type EngineSettings, type OpenHome, openHome, type Platform } from '@sluice/engine'
import { openStore, type Store } from '@sluice/store'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface TestHomeOptions {
  /** Default: a new SQLite database in memory. It is closed with the home only when the home opened it. */
  readonly store?: Store
  readonly settings?: Partial<EngineSettings>
  readonly platform?: Platform
}

/** A home in a temporary directory that goes away with it: nothing is left behind. */
export async function testHome(options: TestHomeOptions = {}): Promise<OpenHome> {
  const dir = await mkdtemp(path.join(tmpdir(), 'sluice-test-'))
  const store = options.store ?? (await openStore(':memory:'))
  const settings = { checkInputs: true, ...options.settings, ...(options.platform && { platform: options.platform }) }
  const home = await openHome({ home: path.join(dir, '.sluice'), store, settings })
  const close = async (): Promise<void> => {
    if (!options.store) await store.close()
    await rm(dir, { recursive: true, force: true })
  }
  return { ...home, close, [Symbol.asyncDispose]: close }
}
