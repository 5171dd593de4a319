import type * as Manage from '@sluice/lake/manage'
import type { LakeSource, Row } from './lake-source.ts'

/** The tables of the home at hand. */
export function homeLake(lake: Manage.OpenLake, manage: typeof Manage): LakeSource {
  const { catalog } = lake
  const at = manage.parseVersion
  return {
    ...homeNames(lake, manage),
    kind: 'home',
    has: async (table) => (await catalog.find(table)) !== undefined,
    notFound: (name) => manage.tableNotFound(catalog, name),
    joinsOf: (...args) => manage.joinsOf(lake, ...args),
    joinPaths: (...args) => manage.joinPaths(lake, ...args),
    listTables: (...args) => manage.listTables(lake, ...args),
    describeTable: (...args) => manage.describeTable(lake, ...args),
    tableVersions: (...args) => manage.tableVersions(lake, ...args),
    schemaVersions: (...args) => manage.schemaVersions(lake, ...args),
    previewTable: (table, { at: version, ...wanted }) =>
      manage.previewTable(lake, table, { ...wanted, ...(version !== undefined && { at: at(version) }) }),
    diffTable: (table, { from, to, ...wanted }) =>
      manage.diffTable(lake, table, { ...wanted, from: at(from), ...(to !== undefined && { to: at(to) }) }),
    query: (sql, limit) => firstRows(manage.queryLake(lake, sql), limit),
    ingestFiles: (...args) => manage.ingestFiles(lake, ...args),
    describeQuarantine: (...args) => manage.describeQuarantine(lake, ...args),
    replayQuarantine: (...args) => manage.replayQuarantine(lake, ...args),
    countRowsOf: (...args) => manage.countRowsOf(lake, ...args),
    deleteFromTable: (...args) => manage.deleteFromTable(lake, ...args),
    alterTable: (...args) => manage.alterTable(lake, ...args),
    compactTable: (...args) => manage.compactTable(lake, ...args),
    expireTable: (...args) => manage.expireTable(lake, ...args),
    dropFromLake: (...args) => manage.dropFromLake(lake, ...args),
    sweepLake: (...args) => manage.sweepLake(lake, ...args),
    tableChecks: (...args) => manage.tableChecks(lake, ...args),
    checkTable: (table) => manage.checkTable({ lake, table, tableOptions: {}, context: undefined }),
    publishLoad: (table, loadId, force) => manage.publishTableLoad({ lake, table, loadId, force, context: undefined }),
    dropLoad: (table, loadId) => manage.dropLoad({ lake, table, loadId, context: undefined }),
    listIncidents: (...args) => manage.listIncidents(lake, ...args),
    findIncident: (...args) => manage.findIncident(lake, ...args),
    resolveIncident: (...args) => manage.resolveIncident(lake, ...args),
    async checksOf({ table, snapshotId }) {
      const pointer = await catalog.find(table)
      if (!pointer || snapshotId === null) return []
      return (await catalog.checks(pointer.id, { snapshot: snapshotId, limit: 1_000 })).items
    },
    audit: async (query) => (await catalog.audit?.(query)) ?? { items: [], next: null },
    search: (query) => catalog.search(query),
    lineage: (query) => catalog.lineage(query),
    view: (name) => catalog.view(name),
    views: (prefix) => catalog.views(prefix),
    viewColumns: (...args) => manage.viewColumns(lake, ...args),
    defineView: (view) => manage.defineView(lake, view),
    dropView: (name) => catalog.dropView(name),
  }
}

type Names =
  | 'rollbackTable'
  | 'tagTable'
  | 'deleteTag'
  | 'branchTable'
  | 'deleteBranch'
  | 'listReleases'
  | 'releaseTables'
  | 'rollbackRelease'

/** What its versions are called. */
function homeNames(lake: Manage.OpenLake, manage: typeof Manage): Pick<LakeSource, Names> {
  const at = manage.parseVersion
  return {
    rollbackTable: (table, version) => manage.rollbackTable(lake, table, at(version)),
    tagTable: (table, tag, version) =>
      manage.tagTable(lake, table, tag, { version: version === undefined ? undefined : at(version) }),
    deleteTag: (table, tag) => manage.deleteTag(lake, table, tag),
    branchTable: (table, branch, version) =>
      manage.branchTable(lake, table, branch, version === undefined ? undefined : at(version)),
    deleteBranch: (table, branch) => manage.deleteBranch(lake, table, branch),
    listReleases: () => manage.listReleases(lake),
    releaseTables: (release, parts, move) => {
      const tables = parts.map(({ name, version }) => ({
        name,
        ...(version !== undefined && { version: at(version) }),
      }))
      return manage.releaseTables({ lake, release, tables, move, context: undefined })
    },
    rollbackRelease: (release) => manage.rollbackRelease(lake, release, undefined),
  }
}

async function firstRows(
  rows: AsyncIterable<Row>,
  limit: number,
): Promise<{ readonly rows: readonly Row[]; readonly more: boolean }> {
  const first: Row[] = []
  for await (const row of rows) {
    if (first.length === limit) return { rows: first, more: true }
    first.push(row)
  }
  return { rows: first, more: false }
}
