import * as z from 'zod'
import { id, label, page, paging, time } from '../basics.ts'
import { event, newEvent } from '../entities/event.ts'
import { streamEvent } from '../entities/stream-event.ts'
import { operation } from '../operation.ts'

const tags = ['Events'] as const

const eventFilter = {
  name: label(200)
    .optional()
    .meta({ description: 'Events whose name is this, or begins with this when it ends in `.`' }),
  key: label(500).optional(),
  run: id.optional(),
}

const listEvents = operation('listEvents', {
  summary: 'What happened, newest first',
  description: '`key`, `since` and `until` go with a `name` or a `run`: of all events no index serves them.',
  tags,
  scope: 'read',
  query: z.strictObject({ ...eventFilter, since: time.optional(), until: time.optional(), ...paging }),
  responses: { 200: page(event) },
  problems: ['FILTER_UNSUPPORTED'],
})

const emitEvent = operation('emitEvent', {
  summary: 'Tell that something happened',
  description: 'Answers waits of `waitFor` that match. Names that begin with `run.` are refused: Sluice writes those.',
  tags,
  scope: 'run',
  body: newEvent,
  responses: { 201: z.strictObject({ id }) },
  problems: ['OPTION_INVALID'],
})

const streamEvents = operation('streamEvents', {
  summary: 'Live: events as they happen',
  description: 'Server-sent events; resumed by `Last-Event-ID`. Without it the stream begins now.',
  tags,
  scope: 'read',
  query: z.strictObject({ ...eventFilter, deployment: id.optional() }),
  headers: z.strictObject({ 'last-event-id': label(200).optional() }),
  responses: { 200: streamEvent },
  content: 'events',
})

export const eventRoutes = {
  listEvents,
  emitEvent,
  streamEvents,
}
