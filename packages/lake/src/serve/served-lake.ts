import { SluiceError } from '@sluice/core'
import path from 'node:path'
import { actingFor } from '../catalog/embedded-catalog.ts'
import { type LakeHome, openHomeLake, type OpenedLake } from '../catalog/open-server-lake.ts'
import { memoryLimit } from '../duckdb/memory-limit.ts'
import { platform } from '../platform.ts'
import { cacheBudget } from '../storage/lake-place.ts'
import type { OpenLake } from '../table/lake.ts'
import { manifestsIn } from '../table/manifests.ts'
import { isBlockOf } from './block-of-lake.ts'
import { catalogAnswers } from './answer-catalog.ts'
import { createDataProcesses, type DataProcesses, type DataProcessesOptions } from './data-processes.ts'

/** The lake of a server: its catalogue, its metadata, and the processes that work on its rows. */
export interface ServedLake extends OpenedLake, AsyncDisposable {
  /** For what somebody reads and changes in metadata only: DuckDB never runs in the server. */
  readonly tables: (by: string) => OpenLake
  readonly work: DataProcesses
}

/** So many processes at once; each may have a share of the memory that the lake has. */
const usual: ServeOptions = { most: 2, mostWaiting: 32, idleMs: 60_000 }

/** Numbers that tests turn. */
export type ServeOptions = Pick<DataProcessesOptions, 'most' | 'mostWaiting' | 'idleMs'>

/** Opens the lake of a home for a server. No process is started before one is needed. */
export async function serveLake(home: LakeHome, options: Partial<ServeOptions> = {}): Promise<ServedLake> {
  const limits = { ...usual, ...options }
  const opened = await openHomeLake(home)
  const { catalog, storage, location } = opened
  const work = createDataProcesses({
    ...limits,
    env: { ...environment(process.env), SLUICE_LAKE_MEMORY: memoryOfEach(limits.most) },
    lake: {
      location,
      catalogId: catalog.id,
      project: home.project,
      cache: path.join(home.dir, 'cache', 'lake'),
      cacheBytes: cacheBudget(home, process.env),
    },
    answer: async (question, args, by) => {
      if (question !== 'block') return catalogAnswers(actingFor(catalog, by), home.store)(question, args)
      const [kind, name] = args as readonly [string, string]
      if (!isBlockOf(location, kind, name)) throw new SluiceError('BLOCK_NOT_ALLOWED', { block: `${kind}/${name}` })
      return (await home.saved?.block(kind, name)) ?? {}
    },
  })
  const tables = { storage, manifests: manifestsIn(storage), platform, duck: noDuck, [Symbol.asyncDispose]: nothing }
  return {
    ...opened,
    tables: (by) => ({ ...tables, catalog: actingFor(catalog, by) }),
    work,
    async [Symbol.asyncDispose]() {
      await work[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
    },
  }
}

/** Together they may have what one process of a user has. */
function memoryOfEach(processes: number): string {
  return `${Math.max(1, Math.floor(Number.parseInt(memoryLimit(), 10) / processes))}MiB`
}

const nothing = async (): Promise<void> => undefined

const noDuck = (): Promise<never> =>
  Promise.reject(new SluiceError('INTERNAL', { problem: 'rows are read in a process beside the server' }))

/** What a process beside the server takes over of its environment. A list, not an exclusion: the rest holds the server's secrets. */
const passed =
  /^(?:HOME|PATH|TMPDIR|TEMP|TMP|TZ|LANG|LC_ALL|XDG_CACHE_HOME|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE|(?:HTTPS?|NO)_PROXY|SystemRoot)$|^(?:AWS|GOOGLE|GCLOUD|CLOUDSDK|SLUICE_LAKE)_/i

function environment(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => passed.test(name)))
}
