import { attemptContext } from '@sluice/engine'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { tableNotFound } from '../catalog/table-not-found.ts'
import { memoryLimit } from '../duckdb/memory-limit.ts'
import type { OpenLake } from '../table/lake.ts'
import { recordReads } from '../lineage/record-reads.ts'
import { pinnedVersion } from '../table/pinned-version.ts'
import { currentLake } from '../table/open-lake.ts'
import type { Version } from '../table/types.ts'
import { createQueryProcesses, type QueryProcesses } from './query-process.ts'
import { type OutsideSources, requireNames, stageSources } from './outside-sources.ts'
import type { QueryHost } from './relation.ts'
import { resolveTables } from './resolve-tables.ts'

let processes: QueryProcesses | undefined

/**
 * The lake that code runs in, as queries need it; they are given up with the attempt that asks them. `version`: of every table that names
 * none.
 */
export async function currentQueryHost(version?: Version, from: OutsideSources = {}): Promise<QueryHost> {
  const context = attemptContext()
  context?.requireOpen()
  const lake = await currentLake()
  requireNames(from)
  const host = await queryHost(lake, context?.signal)
  return {
    ...host,
    outside: new Set(Object.keys(from).map((name) => name.toLowerCase())),
    stageOutside: () => stageSources(lake, host.spill, from, context?.signal),
    resolve: (references) => resolveTables(lake, references, (table) => version ?? pinnedVersion(context, table)),
    record: (reads) => recordReads(lake.catalog, context, reads),
  }
}

/** A lake as queries need it. Its processes are this process's: they know no lake between two queries. */
export async function queryHost(lake: OpenLake, signal: AbortSignal | undefined): Promise<QueryHost> {
  const spill = path.join(lake.storage.staging, 'duckdb')
  await mkdir(spill, { recursive: true })
  return {
    processes: (processes ??= createQueryProcesses()),
    spill,
    memoryLimit: memoryLimit(),
    threads: undefined,
    signal,
    resolve: (references) => resolveTables(lake, references),
    view: async (name) => (await lake.catalog.view(name))?.query,
    notFound: (name) => tableNotFound(lake.catalog, name),
  }
}
