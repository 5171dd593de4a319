import type { CheckRecord } from '../catalog/findings.ts'
import type { CheckSpec } from '../checks/check-spec.ts'
import { checksOf } from '../checks/stored-checks.ts'
import type { OpenLake } from '../table/lake.ts'
import { findView } from '../table/read-rows.ts'

/** What is asked of a table, and what came of it. */
export interface TableChecks {
  readonly table: string
  /** The current version; undefined: there is none yet. */
  readonly snapshot: string | undefined
  readonly checks: readonly TableCheckState[]
}

export interface TableCheckState extends Pick<CheckSpec, 'name' | 'kind' | 'severity'> {
  /** What it said of the current version. Undefined: it has not been asked. */
  readonly last: CheckRecord | undefined
}

/** Throws `TABLE_NOT_FOUND`. */
export async function tableChecks(lake: OpenLake, table: string): Promise<TableChecks> {
  const { metadata, pointer, snapshot: current } = await findView(lake, table, undefined)
  const snapshot = current && String(current['snapshot-id'])
  const found = snapshot === undefined ? [] : (await lake.catalog.checks(pointer.id, { snapshot, limit: 1_000 })).items
  const checks = checksOf(metadata.properties).map(({ name, kind, severity }) => ({
    name,
    kind,
    severity,
    last: found.find((one) => one.name === name),
  }))
  return { table, snapshot, checks }
}
