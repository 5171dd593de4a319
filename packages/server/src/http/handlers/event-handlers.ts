import type { StreamEventJson } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import { logLineEntity, stateJson, taskRunEntity } from '@sluice/store'
import type { RunMessage, StreamedEvent } from '../../services.ts'
import { created, type Handlers, ok } from '../endpoint-handler.ts'
import { eventJson } from '../json/event-json.ts'
import { given, microsOf } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'

type EventIds = 'listEvents' | 'emitEvent' | 'streamEvents' | 'streamRun'
type Sent = StreamEventJson & { readonly id: string }

export function eventHandlers({ services, home }: HandlerContext): Handlers<EventIds> {
  return {
    async listEvents({ query: { run, since, until, ...query } }) {
      const times = { since: microsOf(since), until: microsOf(until) }
      const page = await home.store.listEvents(given({ rootId: run, ...times, ...query }))
      return ok({ items: page.items.map(eventJson), next: page.next })
    },
    emitEvent: async ({ body, by }) => created({ id: (await services.events.emit(body, by)).id }),
    streamEvents: ({ query, headers, signal }) => ({
      events: mapped(services.events.stream(query, headers['last-event-id'], signal), sentEvent),
    }),
    async streamRun({ params, headers, signal }) {
      const run = await home.store.getRun(params.run)
      if (run === undefined) throw new SluiceError('RUN_NOT_FOUND', { run: params.run })
      return { events: mapped(services.events.streamRun(run.rootId, headers['last-event-id'], signal), sentMessage) }
    },
  }
}

const sentEvent = ({ cursor, event }: StreamedEvent): Sent => ({ id: cursor, event: 'event', data: eventJson(event) })

function sentMessage(message: RunMessage): Sent {
  const id = message.cursor
  if (message.event === 'task') return { id, event: 'task', data: taskRunEntity(message.task) }
  if (message.event === 'log') return { id, event: 'log', data: logLineEntity(message.log) }
  if (message.event === 'event') return { id, event: 'event', data: eventJson(message.record) }
  return { id, event: message.event, data: { runId: message.runId, state: stateJson(message.state) } }
}

async function* mapped<T, U>(items: AsyncIterable<T>, map: (item: T) => U): AsyncGenerator<U, void> {
  for await (const item of items) yield map(item)
}
