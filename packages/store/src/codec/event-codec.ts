import type { Micros } from '@sluice/core'
import type { EventRecord, NewEvent } from '../event-store.ts'
import type { ColumnsOf, Encoded } from './columns.ts'
import { plainText, plainTextOrNull } from './text.ts'

/** What a user's event is inserted with. */
export const newEventColumns: ColumnsOf<NewEventRow> = {
  id: 'id',
  workspace: 'text',
  name: 'text',
  key: 'text',
  root_id: 'id',
  payload: 'text',
}

/** Every column of `event`. */
export const eventColumns = 'position, id, workspace, name, key, root_id, deployment_id, payload, recorded_at'

export interface EventRow {
  readonly position: number
  readonly id: string
  readonly workspace: string
  readonly name: string
  readonly key: string | null
  readonly root_id: string | null
  readonly deployment_id: string | null
  readonly payload: string | null
  readonly recorded_at: Micros
}

type NewEventRow = Omit<EventRow, 'position' | 'deployment_id' | 'recorded_at'>

export function encodeEvent(event: NewEvent): Encoded<NewEventRow> {
  return {
    id: event.id,
    workspace: event.workspace,
    name: plainText(event.name),
    key: plainTextOrNull(event.key),
    root_id: event.rootId,
    payload: plainTextOrNull(event.payload),
  }
}

export function decodeEvent(row: EventRow): EventRecord {
  return {
    position: row.position,
    id: row.id,
    workspace: row.workspace,
    name: row.name,
    key: row.key,
    rootId: row.root_id,
    deploymentId: row.deployment_id,
    payload: row.payload,
    recordedAt: row.recorded_at,
  }
}
