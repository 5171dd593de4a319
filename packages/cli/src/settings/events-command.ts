import type { EventJson } from '@sluice/api'
import type { Json } from '@sluice/core'
import { shortId } from '@sluice/engine/report'
import { withClient } from '../connect/with-client.ts'
import type { CliIo } from '../io.ts'
import { timeText } from '../output/in-text.ts'
import { printJson } from '../output/print.ts'
import { cell, showList, showOne, type ListView } from '../output/show-list.ts'
import { readParameters, type ParameterFlags } from '../runs/parameters.ts'
import { exitCodes } from '../exit-code.ts'

export interface EventListFlags {
  readonly json: boolean
  readonly name?: string | undefined
  readonly limit: number
  readonly after?: string | undefined
}

const view: ListView<EventJson> = {
  columns: [
    { title: 'AT' },
    { title: 'EVENT' },
    { title: 'KEY', give: 1 },
    { title: 'RUN', drop: 1 },
    { title: 'PAYLOAD', give: 2, drop: 2 },
  ],
  row: (event) => [
    cell(timeText(event.at)),
    cell(event.name, 'bold'),
    cell(event.key),
    cell(event.runId === null ? '' : shortId(event.runId)),
    cell(event.payload === null ? '' : JSON.stringify(event.payload)),
  ],
  empty: 'No events like that.',
}

/** `sluice events ls`: what happened, newest first. */
export async function listEvents(flags: EventListFlags, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const query = {
      limit: flags.limit,
      ...(flags.name === undefined ? {} : { name: flags.name }),
      ...(flags.after === undefined ? {} : { after: flags.after }),
    }
    const page = await client.listEvents({ query })
    if (!flags.json) return showList(page.items, view, false, io)
    printJson(io, page)
    return exitCodes.ok
  })
}

/** `sluice events emit <name>`: tells that something happened; what waits for it goes on. */
export async function emitEvent(
  name: string,
  flags: ParameterFlags & { readonly json: boolean; readonly key?: string | undefined },
  io: CliIo,
): Promise<number> {
  const payload = readParameters(flags, io.cwd)
  const body = {
    name,
    ...(flags.key === undefined ? {} : { key: flags.key }),
    ...(payload === undefined ? {} : { payload: payload as Json }),
  }
  return withClient(io, async (client) => {
    const emitted = await client.emitEvent({ body })
    return showOne(emitted, () => [`Event ${name} ${shortId(emitted.id)} is recorded.`], flags.json, io)
  })
}
