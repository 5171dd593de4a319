import type { EventJson } from '@sluice/api'
import { type EventRecord, iso } from '@sluice/store'
import { columnJson } from './stored-json.ts'

export function eventJson(event: EventRecord): EventJson {
  const { position, id, name, key, rootId, deploymentId, payload, recordedAt } = event
  const origin = { key, runId: rootId, deploymentId }
  return { position: String(position), id, name, ...origin, payload: columnJson(payload), at: iso(recordedAt) }
}
