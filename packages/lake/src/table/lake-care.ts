import { attemptContext, type AttemptContext } from '@sluice/engine'
import type { Incident, IncidentQuery } from '../catalog/findings.ts'
import type { TableQuery } from '../catalog/lake-catalog.ts'
import type { LakeReport } from '../catalog/verify-lake.ts'
import type * as manage from '../manage/care.ts'
import type { TableSummary } from '../manage/list-tables.ts'
import type { OpenLake } from './lake.ts'
import { requireOptions } from './require-options.ts'
import type { SweepOptions, SweepResult } from './upkeep-types.ts'

/** What is known of the lake as a whole, and done to it. */
export interface LakeCare {
  /** By name. */
  tables(query?: TableQuery): Promise<readonly TableSummary[]>
  /** Loads that went wrong, newest first; all pages of them. */
  incidents(query?: Pick<IncidentQuery, 'table' | 'state'>): Promise<readonly Incident[]>
  /** By its id, or by how that begins. Throws `INCIDENT_NOT_FOUND`. */
  incident(id: string): Promise<Incident>
  /** Says that an incident is settled; the load stays what it is. Throws `INCIDENT_NOT_FOUND`. */
  resolveIncident(id: string, note?: string): Promise<Incident>
  /** Deletes what failed and killed loads have left, and the files of what was forgotten. It is done by itself, too, after loads. */
  sweep(options?: SweepOptions): Promise<SweepResult>
  /** Looks whether every file of every version is there, whole and readable. Reads no data file. */
  verify(): Promise<LakeReport>
}

export const lakeCare: LakeCare = {
  async tables(query = {}) {
    requireOptions('lake.tables', query, ['namespace', 'prefix'])
    const { lake, manage } = await opened()
    return manage.listTables(lake, query)
  },
  async incidents(query = {}) {
    requireOptions('lake.incidents', query, ['table', 'state'])
    const { lake, manage } = await opened()
    return manage.listIncidents(lake, query)
  },
  async incident(id) {
    const { lake, manage } = await opened()
    return manage.findIncident(lake, id)
  },
  async resolveIncident(id, note) {
    const { lake, context, manage } = await opened()
    await context?.requireOwned()
    return manage.resolveIncident(lake, id, note)
  },
  async sweep(options = {}) {
    const { lake, context, manage } = await opened()
    await context?.requireOwned()
    return manage.sweepLake(lake, options)
  },
  async verify() {
    const { lake, manage } = await opened()
    return manage.verifyLake(lake)
  },
}

interface Opened {
  readonly lake: OpenLake
  readonly context: AttemptContext | undefined
  readonly manage: typeof manage
}

async function opened(): Promise<Opened> {
  const context = attemptContext()
  context?.requireOpen()
  const [{ currentLake }, manage] = await Promise.all([import('./open-lake.ts'), import('../manage/care.ts')])
  return { lake: await currentLake(), context, manage }
}
