import { isSluiceError, SluiceError } from '@sluice/core'
import type { Store } from '@sluice/store'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Home, HomeOptions } from '../host.ts'
import { thisProcess } from '../platform.ts'
import { directoryStorage, type ResultStorage } from './result-storage.ts'
import { retentionFrom } from '../run/retention.ts'
import { startedHaveEnded } from '../run/started-here.ts'
import type { RunHome } from './run-home.ts'
import { storedValues } from './saved-values.ts'
import { createSecretBox } from './secret-box.ts'
import { defaultSettings, type EngineSettings } from './settings.ts'
import { createValues } from './values.ts'

/** A home with what the engine keeps beside the store. */
export interface OpenHome extends Home, RunHome {
  readonly project: string
  readonly store: Store
  readonly results: ResultStorage
}

export interface OpenHomeOptions extends HomeOptions {
  /** In place of opening one: for tests. It is not closed with the home. */
  readonly store?: Store
  /** Only to look: nothing is made and nothing is written, not even a newer schema. */
  readonly readOnly?: boolean
  readonly settings?: Partial<EngineSettings>
}

/**
 * Finds the project's `.sluice` (made when missing) and opens its store: `sluice.db` there, or PostgreSQL.
 * Throws `HOME_READ_ONLY` and what opening the store throws.
 */
export async function openHome(options: OpenHomeOptions = {}): Promise<OpenHome> {
  const { env } = thisProcess
  const dir = path.resolve(options.home ?? env['SLUICE_HOME'] ?? findHome(options.cwd ?? thisProcess.cwd()))
  const databaseUrl = options.databaseUrl ?? env['SLUICE_DATABASE_URL']
  if (databaseUrl !== undefined && !isPostgresUrl(databaseUrl))
    throw new SluiceError('OPTION_INVALID', {
      option: 'SLUICE_DATABASE_URL',
      problem: 'it must begin with postgres://',
    })
  const durability = options.durability ?? (env['SLUICE_DURABILITY'] === 'full' ? 'full' : 'normal')
  const retention = retentionFrom(env['SLUICE_RETENTION'], defaultSettings.retention)
  const settings = { ...defaultSettings, retention, ...options.settings }
  const { readOnly = false } = options
  const target = databaseUrl ?? path.join(dir, 'sluice.db')
  const absent = options.create === false && databaseUrl === undefined && !existsSync(target)
  if (!readOnly && options.create !== false) await makeHome(dir)
  const store =
    options.store ?? (await openStoreOf(absent ? ':memory:' : target, { durability, readOnly: readOnly && !absent }))
  const results = directoryStorage(path.join(dir, 'results'), {
    sync: durability === 'full',
    newId: () => settings.platform.newId(),
    now: () => settings.platform.now(),
  })
  const secrets = createSecretBox(dir, env)
  const close = async (): Promise<void> => {
    await startedHaveEnded(store)
    if (!options.store) await store.close()
  }
  return {
    dir,
    project: path.basename(dir) === '.sluice' ? path.dirname(dir) : thisProcess.cwd(),
    store,
    settings,
    results,
    secrets,
    values: createValues(results, secrets),
    saved: storedValues(store, secrets),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function openStoreOf(
  target: string,
  options: { readonly durability: 'normal' | 'full'; readonly readOnly: boolean },
): Promise<Store> {
  const { openStore } = await import('@sluice/store')
  return openStore(target, options)
}

/** Upwards from `cwd`: the nearest directory with a `.sluice`, else with a `package.json`, else `cwd`. */
function findHome(cwd: string): string {
  const upwards: string[] = []
  for (let dir = path.resolve(cwd), last = ''; dir !== last; last = dir, dir = path.dirname(dir)) upwards.push(dir)
  const project =
    upwards.find((dir) => existsSync(path.join(dir, '.sluice'))) ??
    upwards.find((dir) => existsSync(path.join(dir, 'package.json'))) ??
    cwd
  return path.join(project, '.sluice')
}

async function makeHome(dir: string): Promise<void> {
  if (existsSync(dir)) return
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    // Runs, results and keys are nobody else's business: never in a commit by accident.
    await writeFile(path.join(dir, '.gitignore'), '*\n')
  } catch (cause) {
    if (isSluiceError(cause)) throw cause
    throw new SluiceError('HOME_READ_ONLY', { home: dir, problem: (cause as Error).message }, { cause })
  }
}

function isPostgresUrl(url: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(url)
}

let shared: Promise<OpenHome> | undefined

/** The home of plain scripts: opened by the first run of the process and closed when nothing is left to do. */
export function sharedHome(): Promise<OpenHome> {
  shared ??= openHome().then(
    (home) => {
      process.once('beforeExit', () => {
        shared = undefined
        void home.close()
      })
      return home
    },
    (error: unknown) => {
      shared = undefined
      throw error
    },
  )
  return shared
}
