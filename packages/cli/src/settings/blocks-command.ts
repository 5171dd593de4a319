import { type BlockJson, type BlockKindJson, maskedSecret } from '@sluice/api'
import type { Client } from '@sluice/api/client'
import { isSluiceError, nearest, SluiceError } from '@sluice/core'
import { withClient } from '../connect/with-client.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { cell, factLines, showList, showOne, type ListView } from '../output/show-list.ts'
import { agoText } from '../output/time-text.ts'
import { readAll } from '../runs/read-all.ts'
import { readBlockFields } from './block-fields.ts'

interface Flags {
  readonly json: boolean
}

const kindView: ListView<BlockKindJson> = {
  columns: [{ title: 'KIND' }, { title: 'FIELDS', give: 1 }, { title: 'FOR', give: 2, drop: 1 }],
  row: ({ kind, fields, description }) => [
    cell(kind, 'bold'),
    cell(
      fields
        .map(({ name, secret, required }) => `${name}${secret ? ' (secret)' : ''}${required ? '' : '?'}`)
        .join(', '),
    ),
    cell(description),
  ],
  empty: 'There are no kinds of blocks.',
}

/** `sluice blocks kinds` */
export async function listBlockKinds(flags: Flags, io: CliIo): Promise<number> {
  return withClient(io, async (client) => showList((await client.listBlockKinds()).items, kindView, flags.json, io))
}

/** `sluice blocks ls` */
export async function listBlocks(flags: Flags & { readonly kind?: string | undefined }, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const query = { limit: 1000, ...(flags.kind === undefined ? {} : { kind: flags.kind }) }
    const blocks = await readAll((after) => client.listBlocks({ query: { ...query, ...after } }))
    const now = io.now()
    const view = {
      columns: [{ title: 'KIND' }, { title: 'NAME' }, { title: 'FIELDS', give: 1 }, { title: 'CHANGED', drop: 1 }],
      row: (block: BlockJson) => [
        cell(block.kind),
        cell(block.name, 'bold'),
        cell(
          fieldTexts(block)
            .map(([name, value]) => `${name}=${value}`)
            .join(' '),
        ),
        cell(agoText(microsOf(block.updatedAt), now)),
      ],
      empty: 'There are no blocks. Save one: npx sluice blocks set <kind> <name>',
    }
    return showList(blocks, view, flags.json, io)
  })
}

/** `sluice blocks show <kind> <name>`: its secrets as asterisks. */
export async function showBlock(kind: string, name: string, flags: Flags, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const block = await client.getBlock({ params: { kind, name } })
    return showOne(block, () => factLines(fieldTexts(block), io), flags.json, io)
  })
}

/** `sluice blocks set <kind> <name>`: new, or changed; fields that are not given keep their value. */
export async function setBlock(
  kind: string,
  name: string,
  flags: Flags & { readonly field: readonly string[] },
  io: CliIo,
): Promise<number> {
  return withClient(io, async (client) => {
    const about = await kindOf(client, kind)
    const known = await fieldsSoFar(client, kind, name)
    const fields = await readBlockFields(about, flags.field, known, io)
    const block = await client.putBlock({ params: { kind, name }, body: { fields } })
    return showOne(block, () => [`Block ${block.kind}/${block.name} is saved.`], flags.json, io)
  })
}

/** `sluice blocks rm <kind> <name>` */
export async function removeBlock(kind: string, name: string, io: CliIo): Promise<number> {
  await withClient(io, (client) => client.deleteBlock({ params: { kind, name } }))
  io.stdout.write(`Block ${kind}/${name} is gone.\n`)
  return exitCodes.ok
}

async function kindOf(client: Client, kind: string): Promise<BlockKindJson> {
  const { items } = await client.listBlockKinds()
  const found = items.find((each) => each.kind === kind)
  if (found !== undefined) return found
  const known = items.map((each) => each.kind)
  const near = nearest(kind, known)
  const problem = near === undefined ? `there are ${known.join(', ')}` : `did you mean '${near}'?`
  throw new SluiceError('OPTION_INVALID', { option: 'kind', problem: `'${kind}' is no kind of block; ${problem}` })
}

/** A secret is known as asterisks only; sent back as asterisks it keeps its value. */
async function fieldsSoFar(
  client: Client,
  kind: string,
  name: string,
): Promise<Readonly<Record<string, string | number | boolean>>> {
  try {
    const { fields, secrets } = await client.getBlock({ params: { kind, name } })
    return { ...(fields as Record<string, string | number | boolean>), ...secrets }
  } catch (error) {
    if (isSluiceError(error, 'BLOCK_NOT_FOUND')) return {}
    throw error
  }
}

function fieldTexts({ fields, secrets }: BlockJson): [string, string][] {
  return [
    ...Object.entries(fields).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
    ...Object.keys(secrets).map((name): [string, string] => [name, maskedSecret]),
  ]
}
