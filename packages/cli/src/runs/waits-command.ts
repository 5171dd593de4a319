import type { WaitJson } from '@sluice/api'
import { shortId } from '@sluice/engine/report'
import { withClient } from '../connect/with-client.ts'
import type { CliIo } from '../io.ts'
import { inText } from '../output/in-text.ts'
import { microsOf } from '../output/micros.ts'
import { cell, showList } from '../output/show-list.ts'
import { agoText } from '../output/time-text.ts'
import { readAll } from './read-all.ts'
import { withRuns } from './with-runs.ts'

/** `sluice waits ls`: what runs wait for, newest first. */
export async function waitsCommand(
  flags: { readonly run?: string | undefined; readonly json: boolean },
  io: CliIo,
): Promise<number> {
  const { run: name } = flags
  const run = name === undefined ? undefined : await withRuns(io, async (source) => (await source.find(name)).rootId)
  return withClient(io, async (client) => {
    const query = { status: 'open' as const, limit: 1000, ...(run === undefined ? {} : { run }) }
    const waits = await readAll((after) => client.listWaits({ query: { ...query, ...after } }))
    const now = io.now()
    const view = {
      columns: [
        { title: 'RUN' },
        { title: 'KIND' },
        { title: 'FOR', give: 1 },
        { title: 'SINCE' },
        { title: 'UNTIL', drop: 1 },
      ],
      row: (wait: WaitJson) => [
        cell(shortId(wait.rootId)),
        cell(wait.kind),
        cell(subjectOf(wait), 'bold'),
        cell(agoText(microsOf(wait.createdAt), now)),
        cell(inText(wait.deadline, now)),
      ],
      empty: 'Nothing waits.',
    }
    return showList(waits, view, flags.json, io)
  })
}

function subjectOf(wait: WaitJson): string {
  if (wait.kind === 'run') return wait.targetRunId ?? ''
  if (wait.kind === 'event') return [wait.eventName, wait.eventKey].filter((part) => part !== null).join(' ')
  return wait.name ?? ''
}
