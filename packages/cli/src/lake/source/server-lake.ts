import type { Client } from '@sluice/api/client'
import { isSluiceError, type Json, SluiceError } from '@sluice/core'
import type { Incident } from '@sluice/lake/manage'
import { readAll } from '../../runs/read-all.ts'
import { newLoadId } from '../../platform.ts'
import type { LakeSource } from './lake-source.ts'
import { fileToSend } from './file-to-send.ts'
import { withTimes } from './with-times.ts'

type JsonObject = Readonly<Record<string, Json>>

/** What changes rows, or reads all files, may take as long as the server lets it. */
const patient = { timeoutMs: 3_600_000 }
const looking = { timeoutMs: 120_000 }

/** The tables of a server, through its API. */
export function serverLake(client: Client): LakeSource {
  return {
    ...tablesOf(client),
    ...rowsOf(client),
    ...namesOf(client),
    ...careOf(client),
    ...trustOf(client),
    ...findingOf(client),
  }
}

type Tables =
  | 'kind'
  | 'has'
  | 'notFound'
  | 'joinsOf'
  | 'joinPaths'
  | 'listTables'
  | 'describeTable'
  | 'tableVersions'
  | 'schemaVersions'
  | 'tableChecks'

function tablesOf(client: Client): Pick<LakeSource, Tables> {
  return {
    kind: 'server',
    has: async (table) => (await unlessMissing(() => client.getTable({ params: { table } }))) !== undefined,
    notFound: (table) =>
      client.describeTable({ params: { table } }).then(
        () => new SluiceError('TABLE_NOT_FOUND', { table }),
        (error: Error) => error,
      ),
    joinsOf: async (table) => (await client.listJoins({ params: { table } })).joins,
    joinPaths: async (table, other) => (await client.findJoinPaths({ params: { table, other } })).paths,
    listTables: (query = {}) =>
      readAll((after) => client.summarizeTables({ query: { limit: 1000, ...query, ...after } })),
    async describeTable(table) {
      const { loads, ...details } = await client.describeTable({ params: { table } })
      return {
        snapshot: undefined,
        quarantine: undefined,
        ...details,
        loads: loads.map(({ at, run, ...load }) => Object.assign(load, { at, run })),
      }
    },
    tableVersions: async (table) => (await client.listTableVersions({ params: { table } })).items,
    schemaVersions: async (table) => (await client.listTableSchemas({ params: { table } })).items,
    async tableChecks(table) {
      const { checks, ...found } = await client.getTableChecks({ params: { table } })
      return {
        snapshot: undefined,
        ...found,
        checks: checks.map(({ last, ...check }) => Object.assign(check, { last })),
      }
    },
  }
}

type Rows =
  | 'previewTable'
  | 'diffTable'
  | 'query'
  | 'ingestFiles'
  | 'describeQuarantine'
  | 'replayQuarantine'
  | 'countRowsOf'
  | 'deleteFromTable'

function rowsOf(client: Client): Pick<LakeSource, Rows> {
  return {
    async previewTable(table, { limit, at, columns }) {
      const query = { limit, ...(at !== undefined && { at }), ...(columns && { columns }) }
      const { more: _, ...preview } = await client.previewTable({ params: { table }, query, ...looking })
      return { snapshot: undefined, ...preview, rows: withTimes(preview.columns, preview.rows) }
    },
    async diffTable(table, { from, to, key }) {
      const query = { from, ...(to !== undefined && { to }), ...(key && { key }) }
      return { from: undefined, to: undefined, ...(await client.diffTable({ params: { table }, query, ...looking })) }
    },
    async query(sql, limit) {
      const { columns, rows, more } = await client.queryLake({ body: { sql, limit, timeoutMs: 300_000 } })
      return { rows: withTimes(columns, rows), more }
    },
    async ingestFiles(request) {
      const { body, query } = await fileToSend(request)
      const headers = { 'idempotency-key': request.options.id ?? newLoadId() }
      const params = { table: request.table }
      return { snapshot: undefined, ...(await client.ingestFile({ params, query, body, headers, ...patient })) }
    },
    describeQuarantine: (table, options) =>
      client.describeQuarantine({ params: { table }, ...(options && { query: options }), ...looking }),
    async replayQuarantine(table, { load, contract } = {}) {
      const body = { ...(load !== undefined && { load }), ...(contract && { contract: { ...contract } as JsonObject }) }
      const { loads, ...result } = await client.replayQuarantine({ params: { table }, body, ...patient })
      return { ...result, loads: loads.map(({ snapshot, ...each }) => Object.assign(each, { snapshot })) }
    },
    async countRowsOf(table, where) {
      const body = { where: conditions(where), dryRun: true }
      return (await client.deleteRows({ params: { table }, body, ...looking })).matching ?? 0
    },
    async deleteFromTable(table, where) {
      const { result } = await client.deleteRows({ params: { table }, body: { where: conditions(where) }, ...patient })
      if (result === undefined)
        throw new SluiceError('SERVER_ANSWER_INVALID', { problem: 'it does not say what it deleted' })
      return { snapshot: undefined, inserted: 0, updated: 0, deleted: 0, ...result }
    },
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

function namesOf(client: Client): Pick<LakeSource, Names> {
  const moved = <T extends object>(ref: T): T & { before: string | undefined } => ({ before: undefined, ...ref })
  return {
    rollbackTable: async (table, version) =>
      moved(await client.rollbackTable({ params: { table }, body: { version } })),
    async tagTable(table, name, version) {
      const body = { name, move: true, ...(version !== undefined && { version }) }
      return moved(await client.tagTable({ params: { table }, body }))
    },
    deleteTag: async (table, tag) => moved(await client.deleteTag({ params: { table, tag } })),
    async branchTable(table, name, version) {
      const body = { name, ...(version !== undefined && { from: version }) }
      return moved(await client.branchTable({ params: { table }, body }))
    },
    deleteBranch: async (table, branch) => moved(await client.deleteBranch({ params: { table, branch } })),
    listReleases: () => readAll((after) => client.listReleases({ query: { limit: 1000, ...after } })),
    releaseTables(name, parts, move) {
      const tables = parts.map(({ name: table, version }) => ({
        name: table,
        ...(version !== undefined && { version }),
      }))
      return client.createRelease({ body: { name, tables, move } })
    },
    rollbackRelease: (release) => client.rollbackRelease({ params: { release } }),
  }
}

type Care = 'alterTable' | 'compactTable' | 'expireTable' | 'dropFromLake' | 'sweepLake'

function careOf(client: Client): Pick<LakeSource, Care> {
  return {
    alterTable: (table, body) => client.alterTable({ params: { table }, body }),
    async compactTable(table, body = {}) {
      return { snapshot: undefined, ...(await client.compactTable({ params: { table }, body, ...patient })) }
    },
    expireTable: (table, body = {}) => client.expireTable({ params: { table }, body: withAges(body), ...patient }),
    dropFromLake: (table, query = {}) => client.deleteTable({ params: { table }, query: withAges(query), ...patient }),
    sweepLake: (body = {}) => client.sweepLake({ body: withAges(body), ...patient }),
  }
}

interface Aged {
  readonly olderThan?: string | number
  readonly grace?: string | number
}

/** With ages as text, as the API takes them; milliseconds where they are numbers. */
function withAges<T extends Aged>(options: T): Omit<T, keyof Aged> & { olderThan?: string; grace?: string } {
  const { olderThan, grace, ...others } = options
  const text = (age: string | number): string => (typeof age === 'number' ? `${age}ms` : age)
  return {
    ...others,
    ...(olderThan !== undefined && { olderThan: text(olderThan) }),
    ...(grace !== undefined && { grace: text(grace) }),
  }
}

type Trust =
  | 'checkTable'
  | 'publishLoad'
  | 'dropLoad'
  | 'listIncidents'
  | 'findIncident'
  | 'resolveIncident'
  | 'checksOf'

function trustOf(client: Client): Pick<LakeSource, Trust> {
  const listIncidents: LakeSource['listIncidents'] = (query = {}) =>
    readAll((after) => client.listIncidents({ query: { limit: 1000, ...query, ...after } }))
  const findIncident = async (id: string): Promise<Incident> => {
    if (id.length === 36) return client.getIncident({ params: { incident: id } })
    const [found, second] = (await listIncidents()).filter((one) => id.length >= 4 && one.id.startsWith(id))
    if (found && !second) return found
    throw new SluiceError('INCIDENT_NOT_FOUND', { incident: second ? `${id}: more than one begins so` : id })
  }
  return {
    checkTable: async (table) => (await client.checkTable({ params: { table }, ...patient })).items,
    async publishLoad(table, load, force) {
      return {
        snapshot: undefined,
        ...(await client.publishLoad({ params: { table, load }, body: { force }, ...patient })),
      }
    },
    dropLoad: async (table, load) => void (await client.dropLoad({ params: { table, load }, ...patient })),
    listIncidents,
    findIncident,
    async resolveIncident(id, note) {
      const { id: incident } = await findIncident(id)
      return client.resolveIncident({ params: { incident }, body: { note: note ?? null } })
    },
    async checksOf({ table, snapshotId }) {
      if (snapshotId === null) return []
      const found = await unlessMissing(() =>
        client.listChecks({ params: { table }, query: { snapshot: snapshotId, limit: 1_000 } }),
      )
      return found?.items ?? []
    },
  }
}

type Finding = 'search' | 'audit' | 'viewColumns' | 'lineage' | 'view' | 'views' | 'defineView' | 'dropView'

function findingOf(client: Client): Pick<LakeSource, Finding> {
  const views = async (prefix?: string) =>
    (await client.listViews({ query: prefix === undefined ? {} : { prefix } })).views
  return {
    audit: (query) => client.auditLake({ query }),
    viewColumns: async (view) => (await client.describeView({ params: { view } })).columns,
    search: (query) => client.searchLake({ query }),
    lineage: (query) => client.traceLineage({ query }),
    views,
    view: async (name) => (await views(name)).find((view) => view.name === name),
    defineView: ({ name: view, ...body }) => client.defineView({ params: { view }, body, ...looking }),
    dropView: async (view) => (await client.deleteView({ params: { view } })).dropped,
  }
}

/** As the command writes them: of each column a list of texts. */
const conditions = (where: Readonly<Record<string, unknown>>): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(where).map(([column, values]) => [column, (values as readonly string[]).map(String)]),
  )

async function unlessMissing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isSluiceError(error, 'TABLE_NOT_FOUND')) return undefined
    throw error
  }
}
