import { formatDuration, fromStoredError, isTerminal, type Micros } from '@sluice/core'
import { countText, errorLine, justify, lineWidth, span, stateGlyph, stateWord, type Line, type Span } from '@sluice/engine/report'
import { collapseCalls, type TreeItem, type TreeNode } from './run-tree.ts'
import { tookText } from './time-text.ts'
import { waitingText } from './waiting-text.ts'

export interface TreeView {
  readonly width: number
  readonly now: Micros
  /** Every call on a line of its own. */
  readonly all: boolean
  /** What ended before this moment came from an earlier process of the run and was replayed. */
  readonly replayedBefore: Micros | null
}

interface Layout extends TreeView {
  readonly from: Micros
  readonly until: Micros
  readonly bar: number
}

/** The tree of a run: each call with its state, its time, and a bar that shows when in the run that was. */
export function treeLines(tree: TreeNode, view: TreeView): Line[] {
  const from = tree.startedAt ?? tree.createdAt
  const until = Math.max(from + 1, tree.endedAt ?? view.now)
  const layout: Layout = { ...view, from, until, bar: view.width < 72 ? 0 : Math.min(32, Math.floor(view.width / 4)) }
  const item: TreeItem = { kind: 'node', node: tree, children: collapseCalls(tree.children, view.all) }
  return itemLines(item, '', '', layout)
}

function itemLines(item: TreeItem, head: string, indent: string, layout: Layout): Line[] {
  const own = item.kind === 'node' ? nodeLine(item.node, head, layout) : groupLine(item, head, layout)
  const below = item.children.flatMap((child, i) => {
    const last = i === item.children.length - 1
    return itemLines(child, `${indent}${last ? '└ ' : '├ '}`, `${indent}${last ? '  ' : '│ '}`, layout)
  })
  return [own, ...below]
}

function nodeLine(node: TreeNode, head: string, layout: Layout): Line {
  const { glyph, style } = stateGlyph(node.state)
  const title = node.runName === null ? node.name : node.kind === 'flow' ? `${node.name} “${node.runName}”` : `${node.name} ${node.runName}`
  const left: Line = [span(head, 'dim'), span(`${glyph} `, style), span(title, node.kind === 'flow' ? 'bold' : undefined), ...notes(node, layout)]
  return row(left, tookText(node, layout.now), timeBar([node], layout), layout)
}

function groupLine(item: Extract<TreeItem, { kind: 'group' }>, head: string, layout: Layout): Line {
  const { nodes, stats, name } = item
  const worst = nodes.find((node) => node.state.type === 'failed' || node.state.type === 'crashed') ?? nodes.find((node) => !isTerminal(node.state.type)) ?? nodes[0]
  const { glyph, style } = worst === undefined ? { glyph: ' ', style: undefined } : stateGlyph(worst.state)
  const counts = [...stats.states].map(([state, count]) => `${countText(count)} ${state.toLowerCase()}`).join(', ')
  const times = stats.max === 0 ? '' : `  p50 ${formatDuration(stats.p50 / 1000)} max ${formatDuration(stats.max / 1000)}`
  const left: Line = [span(head, 'dim'), span(`${glyph} `, style), span(`${name} ×${countText(nodes.length)}`), span(`  ${counts}`), span(times, 'dim')]
  return row(left, groupTook(nodes, layout), timeBar(nodes, layout), layout)
}

function notes(node: TreeNode, layout: Layout): Span[] {
  const { state } = node
  const attempt = node.attempt > 1 ? [span(` attempt ${node.attempt}`, 'yellow')] : []
  const replayed = layout.replayedBefore !== null && node.endedAt !== null && node.endedAt <= layout.replayedBefore
  if (state.type === 'completed') {
    const word = state.name === 'Completed' ? '' : ` ${stateWord(state)}`
    return [...attempt, span(`${word}${replayed ? ' replayed' : ''}`, 'dim')]
  }
  if (state.name === 'Running') return attempt
  const waiting = waitingText(state, layout.now)
  const reason = waiting ?? (node.error === null ? state.message : errorLine(fromStoredError(node.error)))
  return [...attempt, span(` ${stateWord(state)}`, stateGlyph(state).style), span(reason === undefined ? '' : `: ${reason}`)]
}

/** Name and notes at the left, duration and bar in columns at the right; a narrow terminal gets no bar. */
function row(left: Line, took: string, bar: string, layout: Layout): Line {
  const right: Line = [span(took.padStart(8), 'dim'), span(layout.bar === 0 ? '' : ` ${bar}`, 'blue')]
  const line = justify(left, right, layout.width)
  return lineWidth(line) > layout.width ? left : line
}

function timeBar(nodes: readonly TreeNode[], layout: Layout): string {
  if (layout.bar === 0) return ''
  const starts = nodes.flatMap((node) => node.startedAt ?? [])
  if (starts.length === 0) return ' '.repeat(layout.bar)
  const ends = nodes.map((node) => node.endedAt ?? layout.now)
  const place = (at: Micros): number => ((at - layout.from) / (layout.until - layout.from)) * layout.bar
  const left = clamp(Math.floor(place(starts.reduce((a, b) => Math.min(a, b)))), 0, layout.bar - 1)
  const right = clamp(Math.ceil(place(ends.reduce((a, b) => Math.max(a, b)))), left + 1, layout.bar)
  return `${' '.repeat(left)}${'━'.repeat(right - left)}`.padEnd(layout.bar)
}

function groupTook(nodes: readonly TreeNode[], layout: Layout): string {
  const starts = nodes.flatMap((node) => node.startedAt ?? [])
  if (starts.length === 0) return ''
  const startedAt = starts.reduce((a, b) => Math.min(a, b))
  const running = nodes.some((node) => node.endedAt === null)
  const endedAt = running ? null : nodes.reduce((latest, node) => Math.max(latest, node.endedAt ?? 0), 0)
  return tookText({ startedAt, endedAt }, layout.now)
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
