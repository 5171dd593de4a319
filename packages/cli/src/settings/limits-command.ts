import type { LimitJson } from '@sluice/api'
import { shortId } from '@sluice/engine/report'
import { withClient } from '../connect/with-client.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { cell, factLines, showList, showOne, type ListView } from '../output/show-list.ts'
import { agoText } from '../output/time-text.ts'
import { readAll } from '../runs/read-all.ts'

interface Flags {
  readonly json: boolean
}

const view: ListView<LimitJson> = {
  columns: [
    { title: 'LIMIT', give: 1 },
    { title: 'HELD', align: 'right' },
    { title: 'SLOTS', align: 'right' },
    { title: 'WAITING', align: 'right' },
    { title: 'SET BY' },
  ],
  row: (limit) => [
    cell(limit.name, 'bold'),
    cell(limit.held, limit.held >= limit.slots ? 'yellow' : undefined),
    cell(limit.slots),
    cell(limit.waiting),
    cell(limit.origin),
  ],
  empty:
    'There are no limits. Code declares them with limit(name, n); set one here: npx sluice limits set <name> <slots>',
}

/** `sluice limits ls` */
export async function listLimits(flags: Flags, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const limits = await readAll((after) => client.listLimits({ query: { limit: 1000, ...after } }))
    return showList(limits, view, flags.json, io)
  })
}

/** `sluice limits show <limit>`: with who holds it. */
export async function showLimit(name: string, flags: Flags, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const limit = await client.getLimit({ params: { limit: name } })
    const now = io.now()
    const lines = (): readonly string[] => [
      ...factLines(
        [
          ['limit', limit.name],
          ['slots', `${limit.held} of ${limit.slots} held`],
          ['waiting', String(limit.waiting)],
          ['set by', limit.origin],
        ],
        io,
      ),
      ...limit.holders.map(
        ({ rootId, slots, since }) => `  run ${shortId(rootId)} holds ${slots}, since ${agoText(microsOf(since), now)}`,
      ),
    ]
    return showOne(limit, lines, flags.json, io)
  })
}

/** `sluice limits set <limit> <slots>`: counts more than what code declares. */
export async function setLimit(name: string, slots: number, flags: Flags, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const limit = await client.putLimit({ params: { limit: name }, body: { slots } })
    return showOne(limit, () => [`Limit ${limit.name} has ${limit.slots} slots, ${limit.held} held.`], flags.json, io)
  })
}

/** `sluice limits rm <limit>` */
export async function removeLimit(name: string, io: CliIo): Promise<number> {
  await withClient(io, (client) => client.deleteLimit({ params: { limit: name } }))
  io.stdout.write(`Limit ${name} is gone; code that declares it makes it again.\n`)
  return exitCodes.ok
}
