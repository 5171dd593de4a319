import type { LineageGraph, LineageLink } from '@sluice/lake'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { showOne } from '../output/show-list.ts'
import { terminalOf } from '../output/terminal.ts'
import { agoText } from '../output/time-text.ts'
import { withLakeOf } from './with-lake.ts'

export interface LineageFlags {
  readonly json: boolean
  readonly direction: 'upstream' | 'downstream' | 'both'
  readonly depth: number
}

/** `sluice lake lineage <dataset>`: what it was made from, and what was made from it. */
export async function showLineage(dataset: string, flags: LineageFlags, io: CliIo): Promise<number> {
  return withLakeOf(dataset, io, async (lake) => {
    const { direction, depth } = flags
    const directions = direction === 'both' ? (['upstream', 'downstream'] as const) : [direction]
    const graphs = await Promise.all(directions.map((each) => lake.lineage({ dataset, direction: each, depth })))
    const [first] = graphs
    const value = graphs.length === 1 ? first : graphs
    return showOne(value, () => graphs.flatMap((graph) => graphText(graph, io)), flags.json, io)
  })
}

function graphText(graph: LineageGraph, io: CliIo): readonly string[] {
  const { dataset, direction, links, cut } = graph
  const { paint } = terminalOf(io)
  const upstream = direction === 'upstream'
  const title = `${paint('bold', dataset)} ${upstream ? 'was made from' : 'went into'}`
  if (links.length === 0) return [`${title} nothing that is known.`]
  const byEnd = Map.groupBy(links, ({ from, to }) => (upstream ? to : from))
  const more = cut ? ['There is more: ask about one of these.'] : []
  return [`${title}:`, ...branches(dataset, { byEnd, upstream, io, path: new Set([dataset]) }, ''), ...more]
}

interface Tree {
  readonly byEnd: ReadonlyMap<string, readonly LineageLink[]>
  readonly upstream: boolean
  readonly io: CliIo
  /** The datasets between the root and here: a circle ends where it would begin again. */
  readonly path: ReadonlySet<string>
}

function branches(dataset: string, tree: Tree, indent: string): readonly string[] {
  const { paint } = terminalOf(tree.io)
  const links = tree.byEnd.get(dataset) ?? []
  return links.flatMap((link, index) => {
    const last = index === links.length - 1
    const other = tree.upstream ? link.from : link.to
    const line = `${paint('dim', `${indent}${last ? '└─' : '├─'}`)} ${other}  ${paint('dim', madeText(link, tree.io))}`
    if (tree.path.has(other)) return [line]
    const below = `${indent}${last ? '   ' : '│  '}`
    return [line].concat(branches(other, { ...tree, path: new Set([...tree.path, other]) }, below))
  })
}

function madeText({ at, runId, writes, definition }: LineageLink, io: CliIo): string {
  if (definition === true) return 'in the query of the view'
  const by = runId === undefined ? 'by hand' : `by run ${runId.slice(0, 18)}`
  return `${agoText(microsOf(at), io.now())} ${by}${writes > 1 ? `, ${writes} times` : ''}`
}
