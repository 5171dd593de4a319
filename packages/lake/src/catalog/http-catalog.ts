import type { Client, LakeRunOperationId } from '@sluice/api/client'
import { isSluiceError, SluiceError } from '@sluice/core'
import type { TableMetadata } from '../format/table-metadata.ts'
import { platform, type Platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { decodeLoad, encodeCommit, encodeFinding } from './commit-wire.ts'
import type {
  CheckFinding,
  CheckQuery,
  CheckRecord,
  FindingPage,
  Incident,
  IncidentQuery,
  NewIncident,
} from './findings.ts'
import type { LineageGraph, LineageQuery } from '../lineage/lineage-graph.ts'
import type {
  CommitReceipt,
  LeaseOptions,
  TableLease,
  LakeCatalog,
  LakeCommit,
  LineageRecord,
  LoadEntry,
  TablePointer,
  TableQuery,
} from './lake-catalog.ts'
import type { LakeView, NewView, SearchPage, SearchQuery } from './findable.ts'
import { encodeLineage } from './lineage-wire.ts'
import { requireTableName } from './lake-paths.ts'
import { TableFiles } from './table-files.ts'
import { type LeaseLine, takeLease } from './table-lease.ts'

/** The calls of a run's catalogue to its server. */
export type LakeClient = Pick<Client, LakeRunOperationId>

export interface HttpCatalogOptions {
  /** Opens the storage at the URL that the server tells. */
  readonly openStorage: (url: string) => Promise<LakeStorage>
  /** Milliseconds for which a server that does not answer is asked again. Default: half a minute. */
  readonly patienceMs?: number
  readonly platform?: Platform
}

/** A catalogue on a server, with the storage that it is about. */
export interface OpenedHttpCatalog {
  readonly catalog: LakeCatalog
  readonly storage: LakeStorage
}

/**
 * The catalogue of the server, for one run with its token. Files are read and written where they are; only what moves pointers
 * goes through the server. A call that is not answered is made again: every one comes to the same, a commit by its id.
 */
export async function openHttpCatalog(
  client: LakeClient,
  rootId: string,
  options: HttpCatalogOptions,
): Promise<OpenedHttpCatalog> {
  const params = { run: rootId }
  const again = repeating(options.platform ?? platform, options.patienceMs ?? 30_000)
  const opened = await again(() => client.openLake({ params }))
  const storage = await options.openStorage(opened.storage)
  return {
    storage,
    catalog: new HttpCatalog(opened.catalog, client, params, storage, again, options.platform ?? platform),
  }
}

type Again = <T>(call: () => Promise<T>) => Promise<T>

class HttpCatalog implements LakeCatalog {
  readonly id: string
  readonly #client: LakeClient
  readonly #params: { readonly run: string }
  readonly #files: TableFiles
  readonly #again: Again
  readonly #platform: Platform

  constructor(
    id: string,
    client: LakeClient,
    params: { readonly run: string },
    storage: LakeStorage,
    again: Again,
    using: Platform,
  ) {
    this.id = id
    this.#client = client
    this.#params = params
    this.#files = new TableFiles(storage)
    this.#again = again
    this.#platform = using
  }

  async list(query: TableQuery = {}): Promise<readonly TablePointer[]> {
    return (await this.#again(() => this.#client.findTables({ params: this.#params, query }))).tables
  }

  async find(name: string): Promise<TablePointer | undefined> {
    const params = { ...this.#params, table: requireTableName(name) }
    return (await this.#again(() => this.#client.findTable({ params }))).table ?? undefined
  }

  metadata(pointer: TablePointer): Promise<TableMetadata> {
    return this.#files.metadata(pointer.metadataKey)
  }

  async commit(commit: LakeCommit): Promise<CommitReceipt> {
    for (const { name } of commit.tables) requireTableName(name)
    const body = encodeCommit(commit)
    try {
      return await this.#again(() => this.#client.commitTables({ params: this.#params, body }))
    } catch (error) {
      if (!isSluiceError(error) || !unanswered.has(error.code)) throw error
      const [first] = commit.tables
      throw new SluiceError('LAKE_COMMIT_UNKNOWN', { table: first?.name, commits: [commit.id] }, { cause: error })
    }
  }

  async drop(name: string): Promise<TablePointer> {
    const params = { ...this.#params, table: requireTableName(name) }
    const found = await this.find(name)
    if (found === undefined) throw new SluiceError('TABLE_NOT_FOUND', { table: name })
    try {
      return (await this.#again(() => this.#client.dropTable({ params }))).table
    } catch (error) {
      // It was there: an answer was lost, or somebody else was first. It is gone, which is what was asked for.
      if (!isSluiceError(error, 'TABLE_NOT_FOUND')) throw error
      return found
    }
  }

  async lease(table: string, options: LeaseOptions = {}): Promise<TableLease> {
    const params = { ...this.#params, table: requireTableName(table) }
    const holder = this.#platform.newId()
    const line: LeaseLine = {
      hold: (drawn) => this.#again(() => this.#client.holdLease({ params, body: { holder, drawn } })),
      // Once: what is not given up expires.
      leave: async () => void (await this.#client.releaseLease({ params, body: { holder } })),
    }
    return takeLease(line, this.#platform, options)
  }

  async load(tableId: string, loadId: string): Promise<LoadEntry | undefined> {
    const params = { ...this.#params, tableId }
    const { load } = await this.#again(() => this.#client.findLoad({ params, query: { load: loadId } }))
    return load === null ? undefined : decodeLoad(load)
  }

  async loads(tableId: string, { limit = 100 }: { readonly limit?: number } = {}): Promise<readonly LoadEntry[]> {
    const params = { ...this.#params, tableId }
    return (await this.#again(() => this.#client.findLoads({ params, query: { limit } }))).loads.map(decodeLoad)
  }

  async loadedFiles(tableId: string, branch: string, identities: readonly string[]): Promise<ReadonlySet<string>> {
    const [params, body] = [
      { ...this.#params, tableId },
      { branch, identities: [...identities] },
    ]
    return new Set((await this.#again(() => this.#client.loadedFiles({ params, body }))).taken)
  }

  checks(tableId: string, query: CheckQuery = {}): Promise<FindingPage<CheckRecord>> {
    const params = { ...this.#params, tableId }
    return this.#again(() => this.#client.findChecks({ params, query }))
  }

  async recordChecks(tableId: string, checks: readonly CheckFinding[]): Promise<void> {
    const params = { ...this.#params, tableId }
    const body = { checks: checks.map(encodeFinding) }
    await this.#again(() => this.#client.recordChecks({ params, body }))
  }

  incidents(query: IncidentQuery = {}): Promise<FindingPage<Incident>> {
    return this.#again(() => this.#client.findIncidents({ params: this.#params, query }))
  }

  async incident(id: string): Promise<Incident | undefined> {
    const params = { ...this.#params, incident: id }
    return (await this.#again(() => this.#client.findIncident({ params }))).incident ?? undefined
  }

  openIncident(table: string, incident: NewIncident): Promise<Incident> {
    const body = { table, incident }
    return this.#again(() => this.#client.openIncident({ params: this.#params, body }))
  }

  async resolveIncident(id: string, note: string | null): Promise<Incident | undefined> {
    const params = { ...this.#params, incident: id }
    return (await this.#again(() => this.#client.settleIncident({ params, body: { note } }))).incident ?? undefined
  }

  search(query: SearchQuery): Promise<SearchPage> {
    return this.#again(() => this.#client.searchFromRun({ params: this.#params, query }))
  }

  async view(name: string): Promise<LakeView | undefined> {
    const params = { ...this.#params, view: requireTableName(name) }
    return (await this.#again(() => this.#client.findView({ params }))).view ?? undefined
  }

  async views(prefix?: string): Promise<readonly LakeView[]> {
    const query = prefix === undefined ? {} : { prefix }
    return (await this.#again(() => this.#client.findViews({ params: this.#params, query }))).views
  }

  async putView({ name, ...body }: NewView): Promise<LakeView> {
    const params = { ...this.#params, view: requireTableName(name) }
    return this.#again(() => this.#client.putView({ params, body }))
  }

  async dropView(name: string): Promise<boolean> {
    const params = { ...this.#params, view: requireTableName(name) }
    return (await this.#again(() => this.#client.dropView({ params }))).dropped
  }

  async recordLineage(records: readonly LineageRecord[]): Promise<void> {
    const body = { records: records.map(encodeLineage) }
    await this.#again(() => this.#client.recordLineage({ params: this.#params, body }))
  }

  async lineage(query: LineageQuery): Promise<LineageGraph> {
    return this.#again(() => this.#client.findLineage({ params: this.#params, query }))
  }
}

/** Nobody knows whether a server that says so, or nothing, has done what it was asked. */
const unanswered: ReadonlySet<string> = new Set([
  'SERVER_UNREACHABLE',
  'SERVER_TIMEOUT',
  'SERVER_STOPPING',
  'SERVER_ANSWER_INVALID',
  'STORE_UNAVAILABLE',
  'INTERNAL',
])

function repeating({ now, sleep, random }: Platform, patienceMs: number): Again {
  return async (call) => {
    const begin = now()
    for (let retries = 0; ; retries += 1) {
      try {
        return await call()
      } catch (error) {
        const passes = isSluiceError(error) && unanswered.has(error.code)
        if (!passes || now() - begin > patienceMs) throw error
      }
      await sleep(Math.min(50 * 2 ** retries, 2_000) * (0.5 + random() / 2))
    }
  }
}
