import type { LakeDeed, LakeStore, LakeTableRecord, Store } from '@sluice/store'
import type { TableMetadata } from '../format/table-metadata.ts'
import { platform, type Platform } from '../platform.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { requireOwnLake, writeOwner } from './catalog-file.ts'
import { type CommitContext, commitGroup, type PendingCommit } from './commit-group.ts'
import { CommitQueue } from './commit-queue.ts'
import {
  type CheckFinding,
  type CheckQuery,
  type CheckRecord,
  checkRecord,
  type FindingPage,
  type Incident,
  incidentOf,
  type IncidentQuery,
  type NewIncident,
  newLakeCheck,
  newLakeIncident,
} from './findings.ts'
import type { LineageGraph, LineageQuery } from '../lineage/lineage-graph.ts'
import {
  type LakeView,
  newLakeView,
  type NewView,
  searchHit,
  type SearchPage,
  type SearchQuery,
  searchTerms,
  viewOf,
} from './findable.ts'
import { type TraceStep, walkLineage } from '../lineage/walk-lineage.ts'
import { auditEntry, type AuditPage, type AuditQuery, deedOf, Looks } from './audit-log.ts'
import { tableNotFound } from './table-not-found.ts'
import { keepViewFile } from './view-files.ts'
import type {
  CommitReceipt,
  DatasetVersion,
  LeaseOptions,
  TableLease,
  LakeCatalog,
  LakeCommit,
  LineageRecord,
  LoadEntry,
  TablePointer,
  TableQuery,
} from './lake-catalog.ts'
import { dropTable } from './drop-table.ts'
import { requireTableName } from './lake-paths.ts'
import { lineageEntry, loadEntry } from './ledger.ts'
import { TableFiles } from './table-files.ts'
import { leaseMs, type LeaseLine, takeLease } from './table-lease.ts'

/** What the catalogue needs of a store. */
export type CatalogStore = LakeStore & Pick<Store, 'getSetting' | 'initSetting'>

export interface EmbeddedCatalogOptions {
  /** Who is told to have done what is done outside of runs. Default: the user of the operating system. */
  readonly createdBy?: string
  /** Milliseconds for which a store that does not answer is asked again. Default: half a minute. */
  readonly patienceMs?: number
  /** Refuses to make tables that have no owner, and to load into them. */
  readonly requireOwner?: boolean
  /** Milliseconds for which the lease of a table stays with a process that does not renew it. Default: a quarter of a minute. */
  readonly leaseMs?: number
  readonly platform?: Platform
}

/** The setting under which the store keeps the id of its lake's catalogue. */
const idSetting = 'lake.catalog'

/**
 * The catalogue over a store and a storage, both at hand. Any number of processes may have one over the same store: the swap
 * in the store decides who is first.
 */
export async function openEmbeddedCatalog(
  store: CatalogStore,
  storage: LakeStorage,
  options: EmbeddedCatalogOptions = {},
): Promise<EmbeddedCatalog> {
  const using = options.platform ?? platform
  const id = (await store.getSetting(idSetting)) ?? (await store.initSetting(idSetting, using.newId()))
  return new EmbeddedCatalog(id, store, storage, { ...options, platform: using })
}

/** {@link LakeCatalog} in this process. */
export class EmbeddedCatalog implements LakeCatalog {
  readonly id: string
  /** Makes sure that the lake is this catalogue's, or makes it so when it is nobody's. Throws `LAKE_FOREIGN_CATALOG`. */
  readonly requireOwn: () => Promise<void>
  readonly #store: CatalogStore
  readonly #storage: LakeStorage
  readonly #files: TableFiles
  readonly #by: string
  readonly #platform: Platform
  readonly #queue: CommitQueue<PendingCommit>
  readonly #looks: Looks
  readonly #leaseMs: number
  /** Commits under way: one that comes again meanwhile is the same. */
  readonly #underWay = new Map<string, Promise<CommitReceipt>>()

  constructor(
    id: string,
    store: CatalogStore,
    storage: LakeStorage,
    options: EmbeddedCatalogOptions & { readonly platform: Platform },
  ) {
    this.id = id
    this.#store = store
    this.#storage = storage
    this.#platform = options.platform
    this.#leaseMs = options.leaseMs ?? leaseMs
    this.#files = new TableFiles(storage)
    this.#by = options.createdBy ?? options.platform.user()
    this.requireOwn = () => requireOwnLake(storage, id, () => this.#hasTables())
    this.#looks = new Looks(store, options.platform.now)
    const context: CommitContext = {
      store,
      storage,
      files: this.#files,
      platform: options.platform,
      createdBy: this.#by,
      requireOwner: options.requireOwner === true,
      patienceMs: options.patienceMs ?? 30_000,
      requireOwn: this.requireOwn,
    }
    this.#queue = new CommitQueue((group) => commitGroup(context, group))
  }

  async list(query: TableQuery = {}): Promise<readonly TablePointer[]> {
    const tables: TablePointer[] = []
    for (let after: string | undefined; ;) {
      const page = await this.#store.listLakeTables({ ...query, limit: 1000, ...(after !== undefined && { after }) })
      tables.push(...page.items.map(pointerOf))
      if (page.next === null) return tables
      after = page.next
    }
  }

  async find(name: string): Promise<TablePointer | undefined> {
    const found = await this.#store.findLakeTable(requireTableName(name))
    return found && pointerOf(found)
  }

  metadata(pointer: TablePointer): Promise<TableMetadata> {
    return this.#files.metadata(pointer.metadataKey)
  }

  commit(commit: LakeCommit): Promise<CommitReceipt> {
    const known = this.#underWay.get(commit.id)
    if (known !== undefined) return known
    const { promise, resolve, reject } = Promise.withResolvers<CommitReceipt>()
    this.#underWay.set(commit.id, promise)
    const forget = (): void => void this.#underWay.delete(commit.id)
    promise.then(forget, forget)
    this.#queue.add({ tables: commit.tables.map(({ name }) => name), work: { commit, resolve, reject } })
    return promise
  }

  async drop(name: string, by: string = this.#by): Promise<TablePointer> {
    requireTableName(name)
    await this.requireOwn()
    const dropped = await dropTable({ store: this.#store, storage: this.#storage }, name)
    await this.#tell('drop', name, by)
    return dropped
  }

  async lease(table: string, options: LeaseOptions = {}): Promise<TableLease> {
    const holder = this.#platform.newId()
    requireTableName(table)
    const line: LeaseLine = {
      hold: (drawn) => this.#store.holdLakeTicket({ table, holder, micros: this.#leaseMs * 1000, drawn }),
      leave: () => this.#store.releaseLakeTicket(table, holder),
    }
    return takeLease(line, this.#platform, { ...options, stayMs: this.#leaseMs })
  }

  async load(tableId: string, loadId: string): Promise<LoadEntry | undefined> {
    const found = await this.#store.getLakeLoad(tableId, loadId)
    return found && loadEntry(found)
  }

  async loads(tableId: string, { limit = 100 }: { readonly limit?: number } = {}): Promise<readonly LoadEntry[]> {
    return (await this.#store.listLakeLoads(tableId, { limit })).items.map(loadEntry)
  }

  async loadedFiles(tableId: string, branch: string, identities: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(await this.#store.loadedLakeFiles(tableId, branch, identities))
  }

  async checks(tableId: string, { snapshot, limit = 100, after }: CheckQuery = {}): Promise<FindingPage<CheckRecord>> {
    const search = {
      limit,
      ...(snapshot !== undefined && { snapshotId: snapshot }),
      ...(after !== undefined && { after }),
    }
    const { items, next } = await this.#store.listLakeChecks(tableId, search)
    return { items: items.map(checkRecord), next }
  }

  recordChecks(tableId: string, checks: readonly CheckFinding[], rootId?: string): Promise<void> {
    const records = checks.map((check) => newLakeCheck(tableId, check))
    return this.#store.recordLakeChecks(records, rootId ?? null)
  }

  async incidents({ limit = 100, ...query }: IncidentQuery = {}): Promise<FindingPage<Incident>> {
    const { items, next } = await this.#store.listLakeIncidents({ limit, ...query })
    return { items: items.map(incidentOf), next }
  }

  async incident(id: string): Promise<Incident | undefined> {
    const found = await this.#store.getLakeIncident(id)
    return found && incidentOf(found)
  }

  async openIncident(table: string, incident: NewIncident, rootId?: string): Promise<Incident> {
    const id = (await this.find(table))?.id ?? null
    return incidentOf(
      await this.#store.openLakeIncident(newLakeIncident({ id, name: table }, incident), rootId ?? null),
    )
  }

  /** `by`: default who makes tables outside of runs. */
  async resolveIncident(id: string, note: string | null, by: string = this.#by): Promise<Incident | undefined> {
    const found = await this.#store.resolveLakeIncident(id, { by, note })
    return found && incidentOf(found)
  }

  async search({ text, limit = 50, after }: SearchQuery): Promise<SearchPage> {
    const query = { terms: searchTerms(text), limit, ...(after !== undefined && { after }) }
    const { items, next } = await this.#store.searchLake(query)
    return { items: items.map(searchHit), next }
  }

  async view(name: string): Promise<LakeView | undefined> {
    const found = await this.#store.findLakeView(requireTableName(name))
    return found && viewOf(found)
  }

  async views(prefix?: string): Promise<readonly LakeView[]> {
    return (await this.#store.listLakeViews(prefix)).map(viewOf)
  }

  async putView(view: NewView, by: string = this.#by): Promise<LakeView> {
    await this.requireOwn()
    const made = viewOf(await this.#store.putLakeView(newLakeView(view, by)))
    await this.#tell('view', view.name, by)
    await keepViewFile({ store: this.#store, storage: this.#storage }, view.name)
    return made
  }

  async dropView(name: string, by: string = this.#by): Promise<boolean> {
    await this.requireOwn()
    const dropped = await this.#store.deleteLakeView(requireTableName(name))
    if (dropped) await this.#tell('drop', name, by)
    await keepViewFile({ store: this.#store, storage: this.#storage }, name)
    return dropped
  }

  async recordLineage(records: readonly LineageRecord[]): Promise<void> {
    await this.#store.recordLakeLineage(records.map(lineageEntry))
  }

  async lineage(query: LineageQuery): Promise<LineageGraph> {
    const step: TraceStep = (dataset, direction) => this.#store.traceLakeLineage(dataset, direction)
    const graph = await walkLineage(step, await this.views(), query)
    if (graph.links.length === 0) await this.#requireKnown(query.dataset)
    return graph
  }

  recordLooks(looks: readonly DatasetVersion[], by: string = this.#by): Promise<void> {
    return this.#looks.record(looks, by)
  }

  async audit({ limit = 100, ...query }: AuditQuery = {}): Promise<AuditPage> {
    const { items, next } = await this.#store.listLakeAudit({ limit, ...query })
    return { items: items.map(auditEntry), next }
  }

  /** Makes the lake this catalogue's, whoever wrote it before. Its tables are found by `rebuildCatalog`. */
  async adopt(): Promise<void> {
    await writeOwner(this.#storage, this.id)
    for (const { name } of await this.views()) await keepViewFile({ store: this.#store, storage: this.#storage }, name)
  }

  /** A dataset that is there, or that somebody has read or written. Throws `TABLE_NOT_FOUND`. */
  async #requireKnown(dataset: string): Promise<void> {
    const isTable = await this.#store.findLakeTable(dataset)
    if (isTable ?? (await this.#store.findLakeView(dataset))) return
    if ((await this.#store.listLakeAudit({ dataset, limit: 1 })).items.length > 0) return
    throw await tableNotFound(this, dataset)
  }

  #tell(deed: LakeDeed, dataset: string, by: string): Promise<void> {
    return this.#store.recordLakeDeeds([{ ...deedOf(deed, { dataset }, by), id: this.#platform.newId() }])
  }

  async #hasTables(): Promise<boolean> {
    return (await this.#store.listLakeTables({ limit: 1 })).items.length > 0
  }
}

/** The same catalogue for somebody else: what is done through it, they have done. */
export function actingFor(catalog: EmbeddedCatalog, by: string): LakeCatalog {
  const theirs: Partial<LakeCatalog> = {
    commit: (commit) => catalog.commit({ by, ...commit }),
    drop: (name) => catalog.drop(name, by),
    putView: (view) => catalog.putView(view, by),
    dropView: (name) => catalog.dropView(name, by),
    recordLooks: (looks) => catalog.recordLooks(looks, by),
    resolveIncident: (id, note) => catalog.resolveIncident(id, note, by),
  }
  return new Proxy<LakeCatalog>(catalog, {
    get: (target, name) => {
      const member: unknown = Reflect.get(theirs, name) ?? Reflect.get(target, name)
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

const pointerOf = ({ id, name, directory, metadataKey, version }: LakeTableRecord): TablePointer => {
  return { id, name, directory, metadataKey, version }
}
