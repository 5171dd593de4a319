import { formatDuration, fromStoredError, isTerminal, type Micros } from '@sluice/core'
import {
  countText,
  errorLine,
  justify,
  lineWidth,
  span,
  stateGlyph,
  stateWord,
  type Line,
  type Span,
} from '@sluice/engine/report'
import { activeBefore, activeStretches, type Stretch } from './active-time.ts'
import { collapseCalls, type TreeItem, type TreeNode } from './run-tree.ts'
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
  /** When the run was worked on: the time axis of all bars, without the nights between. */
  readonly axis: readonly Stretch[]
  readonly length: Micros
  readonly bar: number
}

/** The tree of a run: each call with its state, its time, and a bar that shows when in the run that was. */
export function treeLines(tree: TreeNode, view: TreeView): Line[] {
  const axis = activeStretches(tree, view.now)
  const length = Math.max(1, activeBefore(axis, Infinity))
  const layout: Layout = { ...view, axis, length, bar: view.width < 72 ? 0 : Math.min(32, Math.floor(view.width / 5)) }
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
  const title =
    node.runName === null
      ? node.name
      : node.kind === 'flow'
        ? `${node.name} “${node.runName}”`
        : `${node.name} ${node.runName}`
  const left: Line = [
    span(head, 'dim'),
    span(`${glyph} `, style),
    span(title, node.kind === 'flow' ? 'bold' : undefined),
    ...notes(node, layout),
  ]
  return row(left, tookOf([node], layout), timeBar([node], layout), layout)
}

function groupLine(item: Extract<TreeItem, { kind: 'group' }>, head: string, layout: Layout): Line {
  const { nodes, stats, name } = item
  const worst =
    nodes.find((node) => node.state.type === 'failed' || node.state.type === 'crashed') ??
    nodes.find((node) => !isTerminal(node.state.type)) ??
    nodes[0]
  const { glyph, style } = worst === undefined ? { glyph: ' ', style: undefined } : stateGlyph(worst.state)
  const plain = stats.states.size === 1 && stats.states.has('Completed')
  const counts = plain
    ? ''
    : `  ${[...stats.states].map(([state, count]) => `${countText(count)} ${state.toLowerCase()}`).join(', ')}`
  const times =
    stats.max === 0 ? '' : `  p50 ${formatDuration(stats.p50 / 1000)} max ${formatDuration(stats.max / 1000)}`
  const replayed = nodes.filter((node) => isReplayed(node, layout)).length
  const again = replayed === 0 ? '' : `  ${countText(replayed)} replayed`
  const left: Line = [
    span(head, 'dim'),
    span(`${glyph} `, style),
    span(`${name} ×${countText(nodes.length)}`),
    span(counts),
    span(again + times, 'dim'),
  ]
  return row(left, tookOf(nodes, layout), timeBar(nodes, layout), layout)
}

function notes(node: TreeNode, layout: Layout): Span[] {
  const { state } = node
  const attempt = node.attempt > 1 ? [span(` attempt ${node.attempt}`, 'yellow')] : []
  const replayed = isReplayed(node, layout)
  if (state.type === 'completed') {
    const word = state.name === 'Completed' ? '' : ` ${stateWord(state)}`
    return [...attempt, span(`${word}${replayed ? ' replayed' : ''}`, 'dim')]
  }
  if (state.name === 'Running') return attempt
  const waiting = waitingText(state, layout.now)
  if (waiting !== undefined)
    return [
      ...attempt,
      span(` ${state.waitingFor?.kind === 'time' ? `${stateWord(state)} ` : ''}${waiting}`, stateGlyph(state).style),
    ]
  const reason = node.error === null ? state.message : errorLine(fromStoredError(node.error))
  return [
    ...attempt,
    span(` ${stateWord(state)}`, stateGlyph(state).style),
    span(reason === undefined ? '' : `: ${reason}`),
  ]
}

function isReplayed(node: TreeNode, view: TreeView): boolean {
  return view.replayedBefore !== null && node.endedAt !== null && node.endedAt <= view.replayedBefore
}

/** Name and notes at the left, duration and bar in columns at the right; a narrow terminal gets no bar. */
function row(left: Line, took: string, bar: string, layout: Layout): Line {
  const right: Line = [span(took.padStart(8), 'dim'), span(layout.bar === 0 ? '' : ` ${bar}`, 'blue')]
  const line = justify(left, right, layout.width)
  return lineWidth(line) > layout.width ? left : line
}

/** Marks each column of the run's time in which one of these was worked on. */
function timeBar(nodes: readonly TreeNode[], layout: Layout): string {
  const cells = Array.from({ length: layout.bar }, () => ' ')
  for (const { from, to } of stretchesOf(nodes, layout)) {
    const first = Math.min(layout.bar - 1, Math.floor((from / layout.length) * layout.bar))
    cells.fill('━', first, Math.max(first + 1, Math.ceil((to / layout.length) * layout.bar)))
  }
  return cells.join('').slice(0, layout.bar)
}

/** The time that passed on the run's axis while these were worked on; of many, from the first start to the last end. */
function tookOf(nodes: readonly TreeNode[], layout: Layout): string {
  const stretches = stretchesOf(nodes, layout)
  if (stretches.length === 0) return ''
  if (nodes.length === 1) return formatDuration(stretches.reduce((sum, { from, to }) => sum + to - from, 0) / 1000)
  const from = stretches.reduce((least, each) => Math.min(least, each.from), Infinity)
  const to = stretches.reduce((most, each) => Math.max(most, each.to), 0)
  return formatDuration((to - from) / 1000)
}

function stretchesOf(nodes: readonly TreeNode[], layout: Layout): Stretch[] {
  const place = (at: Micros): Micros => activeBefore(layout.axis, at)
  return nodes.flatMap((node) =>
    activeStretches(node, layout.now).map(({ from, to }) => ({ from: place(from), to: place(to) })),
  )
}
