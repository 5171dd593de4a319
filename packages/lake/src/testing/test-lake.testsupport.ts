import { createLake, type EmbeddedLake } from '../catalog/embedded-lake.testsupport.ts'
import type { LakeCatalog } from '../catalog/lake-catalog.ts'
import type { LakeStorage } from '../storage/lake-storage.ts'
import type { OpenLake } from '../table/lake.ts'
import { deleteRows } from '../table/delete-rows.ts'
import type { RowLoad } from '../table/load-rows.ts'
import { loadTable } from '../table/load-table.ts'
import type { MergeRequest } from '../table/merge-rule.ts'
import { assembleLake } from '../table/open-lake.ts'
import { findView, type FoundView, readRows } from '../table/read-rows.ts'
import type { AnyTableOptions } from '../table/table-properties.ts'
import type { ChangeResult, LoadOptions, LoadResult, Version } from '../table/types.ts'
import { platform } from '../platform.ts'

type Row = Record<string, unknown>

/** Tables without runs around them. */
export interface TestTables extends AsyncDisposable {
  readonly lake: OpenLake
  readonly base: EmbeddedLake
  load(operation: 'append' | 'replace', table: string, source: unknown, options?: TestLoad): Promise<LoadResult>
  merge(table: string, source: unknown, merge?: MergeRequest, options?: TestLoad): Promise<ChangeResult>
  overwrite(table: string, source: unknown, where: Row, options?: TestLoad): Promise<ChangeResult>
  delete(table: string, where: Row, options?: Pick<LoadOptions<Row>, 'id' | 'branch'>): Promise<ChangeResult>
  view(table: string, version?: Version): Promise<FoundView>
  /** Without the columns that Sluice adds. */
  rows(
    table: string,
    options?: { readonly version?: Version | undefined; readonly where?: Row },
  ): Promise<readonly Row[]>
}

export interface TestLoad {
  readonly load?: LoadOptions<Row>
  readonly table?: AnyTableOptions
}

export async function openTestTables(): Promise<TestTables> {
  const base = await createLake()
  const tables = tablesOf(base, base.catalog, base.storage)
  return {
    ...tables,
    async [Symbol.asyncDispose]() {
      await tables[Symbol.asyncDispose]()
      await base[Symbol.asyncDispose]()
    },
  }
}

/** The same tables as another process has them, or one whose storage and catalogue fail. */
export function tablesOf(base: EmbeddedLake, catalog: LakeCatalog, storage: LakeStorage): TestTables {
  const lake = assembleLake(catalog, storage, { duck: { threads: 1 } })
  const view = (table: string, version?: Version): Promise<FoundView> => findView(lake, table, version)
  const loading = (
    call: Pick<RowLoad, 'operation' | 'table' | 'source' | 'merge' | 'where'>,
    { load = {}, table: tableOptions = {} }: TestLoad = {},
  ): Promise<LoadResult> =>
    loadTable({ ...call, lake, tableOptions, options: load, loadId: load.id ?? platform.newId(), context: undefined })
  return {
    lake,
    base,
    load: (operation, table, source, options) => loading({ operation, table, source }, options),
    merge: (table, source, merge = {}, options) =>
      loading({ operation: 'merge', table, source, merge }, options) as Promise<ChangeResult>,
    overwrite: (table, source, where, options) =>
      loading({ operation: 'overwrite', table, source, where }, options) as Promise<ChangeResult>,
    delete: (table, where, { id = platform.newId(), branch = 'main' } = {}) =>
      deleteRows({
        lake,
        table,
        where,
        branch,
        loadId: id,
        tableOptions: {},
        context: undefined,
      }) as Promise<ChangeResult>,
    view,
    async rows(table, { version, where } = {}) {
      const rows: Row[] = []
      for await (const row of readRows(lake, await view(table, version), { where })) rows.push(withoutOurs(row))
      return rows
    },
    [Symbol.asyncDispose]: () => lake[Symbol.asyncDispose](),
  }
}

/** Without `_loaded_at`, `_load_id` and `_source_file`. */
export function withoutOurs(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_')))
}
