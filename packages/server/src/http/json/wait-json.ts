import type { WaitJson } from '@sluice/api'
import type { OpenHome } from '@sluice/engine'
import { iso, type WaitRecord } from '@sluice/store'
import { columnObject, storedJson } from './stored-json.ts'

/** A wait as the API tells it. An input wait keeps the schema of its answer, and what it asks, in `match`. */
export async function waitJson(home: Pick<OpenHome, 'values'>, wait: WaitRecord): Promise<WaitJson> {
  const { id, rootId, runId, kind, name, status, event, targetRunId, answer } = wait
  const match = kind === 'input' ? columnObject(wait.match) : null
  const message = match?.['message']
  // Null, too, when its time was up: nobody answered that.
  const given = answer?.text ?? null
  const outcome = wait.outcome ?? (given === null ? null : { text: given })
  return {
    id,
    rootId,
    runId,
    kind,
    name,
    status,
    message: typeof message === 'string' ? message : null,
    inputSchema: match?.['schema'] ?? null,
    eventName: event?.name ?? null,
    eventKey: event?.key ?? null,
    targetRunId,
    deadline: iso(wait.deadline),
    outcome: await storedJson(home, outcome),
    answeredAt: iso(given === null ? null : (answer?.at ?? null)),
    answeredBy: given === null ? null : (answer?.by ?? null),
    createdAt: iso(wait.createdAt),
    endedAt: iso(wait.endedAt),
  }
}
