import { SluiceError } from '@sluice/core'
import type { Incident, IncidentQuery } from '../catalog/findings.ts'
import type { OpenLake } from '../table/lake.ts'

/** Incidents of the lake, newest first: all pages of them. */
export async function listIncidents(lake: OpenLake, query: IncidentQuery = {}): Promise<readonly Incident[]> {
  const found: Incident[] = []
  for (let after: string | undefined; ;) {
    const page = await lake.catalog.incidents({ limit: 1_000, ...query, ...(after !== undefined && { after }) })
    found.push(...page.items)
    if (page.next === null) return found
    after = page.next
  }
}

/** By its id, or by how that begins. Throws `INCIDENT_NOT_FOUND`. */
export async function findIncident(lake: OpenLake, id: string): Promise<Incident> {
  const exact = await lake.catalog.incident(id)
  if (exact) return exact
  const beginning = (await listIncidents(lake)).filter((one) => id.length >= 4 && one.id.startsWith(id))
  const [first, second] = beginning
  if (!first) throw new SluiceError('INCIDENT_NOT_FOUND', { incident: id })
  if (second) throw new SluiceError('INCIDENT_NOT_FOUND', { incident: `${id}: more than one begins so` })
  return first
}

/** Says that an incident is settled; the load stays what it is. Throws `INCIDENT_NOT_FOUND`. */
export async function resolveIncident(lake: OpenLake, id: string, note: string | undefined): Promise<Incident> {
  const { id: whole } = await findIncident(lake, id)
  const resolved = await lake.catalog.resolveIncident(whole, note ?? null)
  if (!resolved) throw new SluiceError('INCIDENT_NOT_FOUND', { incident: id })
  return resolved
}
