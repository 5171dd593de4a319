import { type Json, SluiceError } from '@sluice/core'
import { checkTable, dropLoad, publishTableLoad } from '../table/settle-load.ts'
import { compactTable } from '../upkeep/compact-table.ts'
import { countRowsOf, deleteFromTable } from '../manage/delete-from-table.ts'
import { defineView } from '../sql/define-view.ts'
import { diffTable } from '../manage/diff-table.ts'
import { type IngestRequest, ingestFiles } from '../manage/ingest-files.ts'
import type { OpenLake } from '../table/lake.ts'
import type { SqlValue } from '../sql/sql-text.ts'
import { parseVersion } from '../manage/parse-version.ts'
import { describeQuarantine, replayQuarantine } from '../manage/quarantine.ts'
import { previewTable } from '../manage/preview-table.ts'
import { queryLake } from '../manage/query-lake.ts'
import { boundedRows } from './bounded-rows.ts'
import { viewColumns } from '../manage/view-rows.ts'
import { verifyLake } from '../catalog/verify-lake.ts'

/** What a verb is told, as it comes from the API. */
export interface DataInputs {
  readonly preview: {
    readonly table: string
    readonly limit: number
    readonly at?: string
    readonly columns?: readonly string[]
  }
  readonly query: { readonly sql: string; readonly values: readonly Json[]; readonly limit: number }
  readonly diff: {
    readonly table: string
    readonly from: string
    readonly to?: string
    readonly key?: readonly string[]
  }
  readonly quarantine: { readonly table: string; readonly load?: string }
  readonly replay: { readonly table: string; readonly load?: string; readonly contract?: object }
  readonly ingest: IngestRequest
  readonly publish: { readonly table: string; readonly load: string; readonly force: boolean }
  readonly dropLoad: { readonly table: string; readonly load: string }
  readonly check: { readonly table: string }
  readonly compact: { readonly table: string; readonly targetBytes?: number }
  readonly delete: {
    readonly table: string
    readonly where: Readonly<Record<string, readonly unknown[]>>
    readonly dryRun: boolean
  }
  readonly verify: object
  readonly viewColumns: { readonly view: string }
  readonly defineView: { readonly name: string; readonly query: string; readonly description?: string }
}

export type DataVerb = keyof DataInputs

type Verbs = { readonly [Verb in DataVerb]: (lake: OpenLake, input: DataInputs[Verb]) => Promise<unknown> }

/** No answer is larger: what the API sends is held in memory, by the server too. */
const mostBytes = 8 * 2 ** 20

/** What the process beside the server does with tables. Each is what the command does, and what it gives goes out as JSON. */
export const dataVerbs: Verbs = {
  async preview(lake, { table, limit, at, columns }) {
    const wanted = { ...(at !== undefined && { at: parseVersion(at) }), ...(columns && { columns }) }
    const { rows, ...preview } = await previewTable(lake, table, { limit: limit + 1, ...wanted })
    return { ...preview, ...boundedRows(rows, { rows: limit, bytes: mostBytes }) }
  },
  async query(lake, { sql, values, limit }) {
    await using answer = await queryLake(lake, sql, { values: values.map(boundValue) }).read()
    const rows: Record<string, unknown>[] = []
    for await (const chunk of answer.chunks) {
      rows.push(...(chunk as readonly Record<string, unknown>[]))
      if (rows.length > limit) break
    }
    return { columns: answer.columns(), ...boundedRows(rows, { rows: limit, bytes: mostBytes }) }
  },
  diff: (lake, { table, from, to, key }) =>
    diffTable(lake, table, {
      from: parseVersion(from),
      ...(to !== undefined && { to: parseVersion(to) }),
      ...(key && { key }),
    }),
  quarantine: (lake, { table, ...options }) => describeQuarantine(lake, table, options),
  replay: (lake, { table, ...options }) => replayQuarantine(lake, table, options),
  ingest: (lake, request) => ingestFiles(lake, request),
  publish: (lake, { table, load: loadId, force }) =>
    publishTableLoad({ lake, table, loadId, force, context: undefined }),
  async dropLoad(lake, { table, load: loadId }) {
    await dropLoad({ lake, table, loadId, context: undefined })
    return { table, loadId, state: 'dropped' }
  },
  check: async (lake, { table }) => ({
    items: await checkTable({ lake, table, tableOptions: {}, context: undefined }),
  }),
  compact: (lake, { table, ...options }) => compactTable(lake, table, options),
  async delete(lake, { table, where, dryRun }) {
    if (dryRun) return { matching: await countRowsOf(lake, table, where) }
    return { result: await deleteFromTable(lake, table, where) }
  },
  verify: (lake) => verifyLake(lake),
  viewColumns: async (lake, { view }) => ({ columns: await viewColumns(lake, view) }),
  defineView: (lake, view) => defineView(lake, view),
}

function boundValue(value: Json): SqlValue {
  if (Array.isArray(value)) return value.map((each) => boundValue(each as Json))
  if (value === null || typeof value !== 'object') return value
  throw new SluiceError('SQL_INVALID', { problem: 'a value is text, a number, true, false, null, or a list of them' })
}
