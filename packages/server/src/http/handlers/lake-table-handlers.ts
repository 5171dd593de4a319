import type { Json } from '@sluice/core'
import type { LakeReleaseJson } from '@sluice/api'
import type { TableCheckState } from '@sluice/lake/serve'
import { type Handlers, ok } from '../endpoint-handler.ts'
import type { LakeHost } from '../lake-host.ts'
import { given, pageOfAll } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'
import { lakeChanges } from './lake-changes.ts'

type ReadIds =
  | 'summarizeTables'
  | 'describeTable'
  | 'listTableVersions'
  | 'listTableSchemas'
  | 'getTableChecks'
  | 'listReleases'
  | 'listJoins'
  | 'findJoinPaths'
  | 'auditLake'
type RefIds = 'tagTable' | 'deleteTag' | 'branchTable' | 'deleteBranch' | 'rollbackTable'
type ReleaseIds = 'createRelease' | 'rollbackRelease'
type CareIds = 'deleteView' | 'alterTable' | 'expireTable' | 'deleteTable' | 'sweepLake'

/** What is read and changed in the metadata of tables: in this process, without a row. */
export function lakeTableHandlers(
  context: HandlerContext,
  lake: LakeHost,
): Handlers<ReadIds | RefIds | ReleaseIds | CareIds> {
  return {
    ...readHandlers(context, lake),
    ...refHandlers(context, lake),
    ...releaseHandlers(context, lake),
    ...careHandlers(context, lake),
  }
}

/** The lake as one of its users has it: what is done through it, they have done. */
async function openedFor(lake: LakeHost, by: string) {
  const { tables, verbs } = await lake.open()
  return { tables: tables(by), verbs }
}

function readHandlers({ home: { store } }: HandlerContext, lake: LakeHost): Handlers<ReadIds> {
  return {
    async summarizeTables({ query, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      const { items, next } = await store.listLakeTables(given(query))
      const summaries = items.map(async (table) => verbs.tableSummary(table, await tables.catalog.metadata(table)))
      return ok({ items: (await Promise.all(summaries)).map(given), next })
    },
    async describeTable({ params: { table }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      const { loads, ...details } = await verbs.describeTable(tables, table)
      return ok(given({ ...details, loads: loads.map(given) }))
    },
    async listTableVersions({ params: { table }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      return ok({ items: await verbs.tableVersions(tables, table) })
    },
    async listTableSchemas({ params: { table }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      return ok({ items: await verbs.schemaVersions(tables, table) })
    },
    async getTableChecks({ params, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      const { checks, ...found } = await verbs.tableChecks(tables, params.table)
      return ok({ ...given(found), checks: checks.map(checkState) })
    },
    async listJoins({ params: { table }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      return ok({ joins: await verbs.joinsOf(tables, table) })
    },
    async findJoinPaths({ params: { table, other }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      return ok({ paths: await verbs.joinPaths(tables, table, other) })
    },
    async auditLake({ query }) {
      const { catalog } = await lake.open()
      const { items, next } = await catalog.audit(given(query))
      return ok({ items: items.map(({ detail, ...deed }) => deedJson(deed, detail)), next })
    },
    async listReleases({ query, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      const all: readonly LakeReleaseJson[] = await verbs.listReleases(tables)
      return ok(pageOfAll(all, query, ({ release }) => release))
    },
  }
}

function deedJson<Deed extends object>(deed: Deed, detail: unknown): Deed & { detail?: Json } {
  return detail === undefined ? deed : { ...deed, detail: detail as Json }
}

function checkState({ last, ...check }: TableCheckState) {
  return last ? { ...check, last: { ...last, samples: [...last.samples] } } : check
}

function refHandlers(context: HandlerContext, lake: LakeHost): Handlers<RefIds> {
  const changed = lakeChanges(context)
  return {
    async tagTable({ params: { table }, body: { name, version, move }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      const request = { move, ...(version !== undefined && { version: verbs.parseVersion(version) }) }
      const moved = await verbs.tagTable(tables, table, name, request)
      return ok(given(changed('tagTable', by, moved)))
    },
    async deleteTag({ params: { table, tag }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      return ok(given(changed('deleteTag', by, await verbs.deleteTag(tables, table, tag))))
    },
    async branchTable({ params: { table }, body: { name, from }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      const version = from === undefined ? undefined : verbs.parseVersion(from)
      return ok(given(changed('branchTable', by, await verbs.branchTable(tables, table, name, version))))
    },
    async deleteBranch({ params: { table, branch }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      return ok(given(changed('deleteBranch', by, await verbs.deleteBranch(tables, table, branch))))
    },
    async rollbackTable({ params: { table }, body: { version }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      const moved = await verbs.rollbackTable(tables, table, verbs.parseVersion(version))
      return ok(given(changed('rollbackTable', by, moved)))
    },
  }
}

function releaseHandlers(context: HandlerContext, lake: LakeHost): Handlers<ReleaseIds> {
  const changed = lakeChanges(context)
  return {
    async createRelease({ body: { name, tables: parts, move }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      const named = parts.map(({ name: table, version }) => ({
        name: table,
        ...(version !== undefined && { version: verbs.parseVersion(version) }),
      }))
      const request = { lake: tables, release: name, tables: named, move, context: undefined }
      return ok(changed('createRelease', by, await verbs.releaseTables(request)))
    },
    async rollbackRelease({ params: { release }, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      return ok(changed('rollbackRelease', by, await verbs.rollbackRelease(tables, release, undefined)))
    },
  }
}

function careHandlers(context: HandlerContext, lake: LakeHost): Handlers<CareIds> {
  const changed = lakeChanges(context)
  return {
    async alterTable({ params: { table }, body, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      return ok(changed('alterTable', by, await verbs.alterTable(tables, table, given(body))))
    },
    async expireTable({ params: { table }, body, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      const options = given(body) as Parameters<typeof verbs.expireTable>[2]
      return ok(changed('expireTable', by, await verbs.expireTable(tables, table, options)))
    },
    async deleteTable({ params: { table }, query, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      if (!(await tables.catalog.find(table))) throw await verbs.tableNotFound(tables.catalog, table)
      const options = given(query) as Parameters<typeof verbs.dropFromLake>[2]
      return ok(changed('deleteTable', by, await verbs.dropFromLake(tables, table, options)))
    },
    async deleteView({ params: { view }, by }) {
      const { tables } = await openedFor(lake, by)
      const dropped = await tables.catalog.dropView(view)
      changed('deleteView', by, { view, dropped })
      return ok({ dropped })
    },
    async sweepLake({ body, by }) {
      const { tables, verbs } = await openedFor(lake, by)
      const options = given(body) as Parameters<typeof verbs.sweepLake>[1]
      return ok(changed('sweepLake', by, await verbs.sweepLake(tables, options)))
    },
  }
}
