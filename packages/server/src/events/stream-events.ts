import { SluiceError } from '@sluice/core'
import type { EventRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import type { EventServices, StreamedEvent } from '../services.ts'
import type { EventTail } from './event-tail.ts'

export type EventFilter = Parameters<EventServices['stream']>[0]

/** Followers look again this often: the tail tells them sooner. */
const safetyMs = 1_000

/** Events as they come, each once and in order, from a cursor or from now on; until the caller is gone or the server stops. */
export async function* streamEvents(
  { polls }: Context,
  tail: EventTail,
  filter: EventFilter,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StreamedEvent> {
  let position = after === undefined ? await tail.newest() : positionOf(after)
  const poll = { waitMs: Number.POSITIVE_INFINITY, signal, safetyMs, wakeOn: (wake: () => void) => tail.onNews(wake) }
  const look = async (): Promise<readonly EventRecord[] | undefined> => {
    const events = await tail.after(position)
    return events.length > 0 ? events : undefined
  }
  // Listening between two looks too: the tail goes on reading, and nothing is read anew.
  const end = tail.onNews(() => undefined)
  try {
    for (let events = await polls.until(poll, look); events; events = await polls.until(poll, look)) {
      for (const event of events) {
        position = event.position
        if (matches(filter, event)) yield { cursor: String(position), event }
      }
    }
  } finally {
    end()
  }
}

/** Throws `OPTION_INVALID` for a cursor that no stream gave out. */
export function positionOf(cursor: string): number {
  const position = Number(cursor)
  if (/^\d{1,16}$/.test(cursor) && Number.isSafeInteger(position)) return position
  throw new SluiceError('OPTION_INVALID', {
    option: 'Last-Event-ID',
    problem: `${JSON.stringify(cursor.slice(0, 40))} is not the id of a message of this stream`,
  })
}

function matches({ name, key, run, deployment }: EventFilter, event: EventRecord): boolean {
  return (
    (name === undefined || event.name === name || (name.endsWith('.') && event.name.startsWith(name))) &&
    (key === undefined || event.key === key) &&
    (run === undefined || event.rootId === run) &&
    (deployment === undefined || event.deploymentId === deployment)
  )
}
