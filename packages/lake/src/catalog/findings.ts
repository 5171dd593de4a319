import type { Json } from '@sluice/core'
import {
  iso,
  type LakeCheckRecord,
  type LakeIncidentRecord,
  type NewLakeCheck,
  type NewLakeIncident,
} from '@sluice/store'

/** What one check says of one version of a table. */
export interface CheckFinding {
  /** Decimal text. */
  readonly snapshotId: string
  readonly name: string
  readonly severity: 'warn' | 'block'
  /** `error`: the check could not be made. */
  readonly outcome: 'passed' | 'failed' | 'error'
  /** Null: it counts no rows. */
  readonly failing: number | null
  /** What is wrong, in words. */
  readonly message: string | null
  /** Some of the failing rows, with the values of sensitive columns masked. */
  readonly samples: readonly Record<string, Json>[]
  readonly loadId: string | null
}

/** A finding, and when it was found. */
export interface CheckRecord extends CheckFinding {
  readonly runId: string | null
  /** ISO 8601. */
  readonly at: string
}

/** Something that went wrong with a load. */
export interface NewIncident {
  /** Chosen by who finds it. When there is one for this load already, that one keeps its id. */
  readonly id: string
  readonly kind: 'blocked' | 'rejected'
  readonly loadId: string
  readonly snapshotId: string | null
  readonly message: string
  readonly detail: Readonly<Record<string, Json>>
}

export interface Incident extends NewIncident {
  readonly table: string
  readonly state: 'open' | 'resolved'
  readonly runId: string | null
  readonly openedAt: string
  readonly closedAt: string | null
  readonly closedBy: string | null
  readonly note: string | null
}

export interface FindingPage<T> {
  readonly items: readonly T[]
  /** Where the next page begins; null: this was the last one. */
  readonly next: string | null
}

export interface CheckQuery {
  readonly snapshot?: string
  readonly limit?: number
  readonly after?: string
}

export interface IncidentQuery {
  readonly table?: string
  readonly state?: 'open' | 'resolved'
  readonly limit?: number
  readonly after?: string
}

/** As the store keeps it. */
export function newLakeCheck(tableId: string, { message, samples, ...finding }: CheckFinding): NewLakeCheck {
  return { tableId, ...finding, detail: JSON.stringify({ message, samples }) }
}

export function checkRecord(record: LakeCheckRecord): CheckRecord {
  const { snapshotId, name, failing, loadId, rootId, at } = record
  const { message, samples } = JSON.parse(record.detail) as Pick<CheckFinding, 'message' | 'samples'>
  const severity = record.severity as CheckFinding['severity']
  const outcome = record.outcome as CheckFinding['outcome']
  return { snapshotId, name, severity, outcome, failing, message, samples, loadId, runId: rootId, at: iso(at) }
}

export function newLakeIncident(
  table: { readonly id: string | null; readonly name: string },
  { message, detail, ...incident }: NewIncident,
): NewLakeIncident {
  return { ...incident, tableId: table.id, tableName: table.name, detail: JSON.stringify({ message, detail }) }
}

export function incidentOf(record: LakeIncidentRecord): Incident {
  const { id, tableName: table, loadId, snapshotId, state, rootId, closedBy, note } = record
  const { message, detail } = JSON.parse(record.detail) as Pick<Incident, 'message' | 'detail'>
  const times = { openedAt: iso(record.openedAt), closedAt: record.closedAt === null ? null : iso(record.closedAt) }
  const kind = record.kind as Incident['kind']
  return { id, table, kind, loadId, snapshotId, message, detail, state, runId: rootId, ...times, closedBy, note }
}
