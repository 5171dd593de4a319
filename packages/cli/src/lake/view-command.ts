import { isSluiceError } from '@sluice/core'
import type { LakeView } from '@sluice/lake'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { factLines, showOne } from '../output/show-list.ts'
import { terminalOf } from '../output/terminal.ts'
import { agoText } from '../output/time-text.ts'
import { columnLines } from './column-lines.ts'
import type { LakeSource } from './source/lake-source.ts'
import { withLakeOf } from './with-lake.ts'

export interface ViewFlags {
  readonly json: boolean
  readonly description: string | undefined
  readonly drop: boolean
}

/** `sluice lake view <name> [query]`: makes, shows or drops a view. */
export async function lakeView(name: string, query: string | undefined, flags: ViewFlags, io: CliIo): Promise<number> {
  return withLakeOf(name, io, async (lake) => {
    if (flags.drop) return dropView(lake, name, flags, io)
    if (query === undefined) return showView(lake, await viewOf(lake, name), flags, io)
    const text = query === '-' ? await io.readInput() : query
    const { description } = flags
    const made = await lake.defineView({ name, query: text, ...(description !== undefined && { description }) })
    return showOne(
      made,
      () => [`✓ ${name} is a view. Ask it: npx sluice lake sql "select * from ${name}"`],
      flags.json,
      io,
    )
  })
}

async function viewOf(lake: LakeSource, name: string): Promise<LakeView> {
  const view = await lake.view(name)
  if (view) return view
  throw await lake.notFound(name)
}

async function dropView(lake: LakeSource, name: string, flags: ViewFlags, io: CliIo): Promise<number> {
  const view = await viewOf(lake, name)
  await lake.dropView(name)
  return showOne(
    { dropped: name, query: view.query },
    () => [`✓ ${name} is gone. It was: ${view.query}`],
    flags.json,
    io,
  )
}

/** What a view is, and which columns it gives now. A view whose tables are gone is shown, with what is wrong. */
export async function showView(
  lake: LakeSource,
  view: LakeView,
  flags: { readonly json: boolean },
  io: CliIo,
): Promise<number> {
  const { name, query, description, createdBy, updatedAt, reads } = view
  const schema = await lake.viewColumns(name).catch((error: unknown) => {
    if (!isSluiceError(error)) throw error
    return error
  })
  const broken = isSluiceError(schema) ? schema.message : undefined
  const columns = isSluiceError(schema) ? [] : schema
  const facts = factLines(
    [
      ['is', 'a view'],
      ['description', description],
      ['reads', reads.join(', ')],
      ['made by', createdBy],
      ['changed', agoText(microsOf(updatedAt), io.now())],
      ['broken', broken],
    ],
    io,
  )
  const lines = (): readonly string[] => [
    terminalOf(io).paint('bold', name),
    ...facts,
    '',
    query,
    ...(columns.length === 0 ? [] : ['', ...columnLines(columns, io)]),
  ]
  return showOne({ ...view, schema: columns, ...(broken !== undefined && { broken }) }, lines, flags.json, io)
}
