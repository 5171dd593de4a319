import { SluiceError } from '@sluice/core'
import type { LakeTableRecord } from '@sluice/store'
import { type Handlers, noContent, ok } from '../endpoint-handler.ts'
import type { LakeHost } from '../lake-host.ts'
import { lakeLineageJson, lakeLoadJson, lakeSnapshotJson, lakeTableJson } from '../json/lake-json.ts'
import { given } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'
import { lakeDataHandlers } from './lake-data-handlers.ts'
import { lakeTableHandlers } from './lake-table-handlers.ts'
import { lakeTrustHandlers } from './lake-trust-handlers.ts'
import { type FindingIds, lakeFindingHandlers } from './lake-finding-handlers.ts'
import { ownerOf, requireOwner } from './run-owner.ts'

type ReadIds = 'listTables' | 'getTable' | 'listSnapshots' | 'listLoads' | 'listLineage' | 'traceLineage'
type RunIds =
  | 'openLake'
  | 'findTables'
  | 'findTable'
  | 'commitTables'
  | 'findLoad'
  | 'findLoads'
  | 'loadedFiles'
  | 'dropTable'
  | 'holdLease'
  | 'releaseLease'
  | 'recordLineage'
  | 'findLineage'

/** The lake of the home, which is opened by the first who asks. */
type Lake = LakeHost['open']

export function lakeHandlers(
  context: HandlerContext,
): Handlers<ReadIds | RunIds | FindingIds> &
  ReturnType<typeof lakeTrustHandlers> &
  ReturnType<typeof lakeTableHandlers> &
  ReturnType<typeof lakeDataHandlers> {
  const { lake: host } = context
  const lake: Lake = () => host.open()
  return {
    ...readHandlers(context, lake),
    ...runHandlers(context, lake),
    ...lakeTrustHandlers(context, lake),
    ...lakeFindingHandlers(context, lake),
    ...lakeTableHandlers(context, host),
    ...lakeDataHandlers(context, host),
  }
}

function readHandlers({ home: { store } }: HandlerContext, lake: Lake): Handlers<ReadIds> {
  const tableOf = async (name: string): Promise<LakeTableRecord> => {
    const table = await store.findLakeTable(name)
    if (table === undefined) throw new SluiceError('TABLE_NOT_FOUND', { table: name })
    return table
  }
  return {
    async listTables({ query }) {
      const [{ storage }, page] = [await lake(), await store.listLakeTables(given(query))]
      return ok({ items: page.items.map((table) => lakeTableJson(table, storage.url)), next: page.next })
    },
    async getTable({ params }) {
      const [{ storage }, table] = [await lake(), await tableOf(params.table)]
      return ok(lakeTableJson(table, storage.url))
    },
    async listSnapshots({ params, query }) {
      const page = await store.listLakeSnapshots((await tableOf(params.table)).id, given(query))
      return ok({ items: page.items.map(lakeSnapshotJson), next: page.next })
    },
    async listLoads({ params, query }) {
      const page = await store.listLakeLoads((await tableOf(params.table)).id, given(query))
      return ok({ items: page.items.map(lakeLoadJson), next: page.next })
    },
    async listLineage({ query: { run, dataset, ...paging } }) {
      if ((run === undefined) === (dataset === undefined))
        throw new SluiceError('REQUEST_INVALID', { problem: 'name either a dataset or a run' })
      const page = await store.listLakeLineage(given({ rootId: run, dataset, ...paging }))
      return ok({ items: page.items.map(lakeLineageJson), next: page.next })
    },
    async traceLineage({ query }) {
      return ok(await (await lake()).catalog.lineage(query))
    },
  }
}

/** What runs on workers do with the lake. Commits are fenced in the store; what is only read is asked for by the owner, too. */
function runHandlers({ home: { store } }: HandlerContext, lake: Lake): Handlers<RunIds> {
  return {
    async openLake({ caller }) {
      await requireOwner(store, caller)
      const { catalog, location } = await lake()
      await catalog.requireOwn()
      return ok({ catalog: catalog.id, storage: location })
    },
    async findTables({ query, caller }) {
      await requireOwner(store, caller)
      return ok({ tables: [...(await (await lake()).catalog.list(given(query)))] })
    },
    async findTable({ params, caller }) {
      await requireOwner(store, caller)
      return ok({ table: (await (await lake()).catalog.find(params.table)) ?? null })
    },
    async commitTables({ body, caller }) {
      const { catalog, verbs: wire } = await lake()
      return ok(await catalog.commit(wire.decodeCommit(body, ownerOf(caller))))
    },
    ...tableHandlers(store, lake),
    async findLoad({ params, query, caller }) {
      await requireOwner(store, caller)
      const { catalog, verbs: wire } = await lake()
      const load = await catalog.load(params.tableId, query.load)
      return ok({ load: load === undefined ? null : wire.encodeLoad(load) })
    },
    async findLoads({ params, query, caller }) {
      await requireOwner(store, caller)
      const { catalog, verbs: wire } = await lake()
      return ok({ loads: (await catalog.loads(params.tableId, query)).map(wire.encodeLoad) })
    },
    async loadedFiles({ params, body, caller }) {
      await requireOwner(store, caller)
      const taken = await (await lake()).catalog.loadedFiles(params.tableId, body.branch, body.identities)
      return ok({ taken: [...taken] })
    },
    async recordLineage({ body, caller }) {
      await requireOwner(store, caller)
      const { catalog, verbs: wire } = await lake()
      await catalog.recordLineage(body.records.map((record) => wire.decodeLineage(record, ownerOf(caller).rootId)))
      return noContent
    },
    async findLineage({ query, caller }) {
      await requireOwner(store, caller)
      return ok(await (await lake()).catalog.lineage(query))
    },
  }
}

/** What a run does to a table beside committing. */
function tableHandlers(
  store: HandlerContext['home']['store'],
  lake: Lake,
): Handlers<'dropTable' | 'holdLease' | 'releaseLease'> {
  return {
    async dropTable({ params, caller }) {
      await requireOwner(store, caller)
      return ok({ table: await (await lake()).catalog.drop(params.table) })
    },
    async holdLease({ params: { table }, body, caller }) {
      await requireOwner(store, caller)
      const { leaseMs } = (await lake()).verbs
      return ok(await store.holdLakeTicket({ table, micros: leaseMs * 1000, ...body }))
    },
    async releaseLease({ params, body, caller }) {
      await requireOwner(store, caller)
      await store.releaseLakeTicket(params.table, body.holder)
      return ok({})
    },
  }
}
