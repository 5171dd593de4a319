import { formatDuration, fromStoredError, isTerminal, type Micros } from '@sluice/core'
import {
  clipText,
  countText,
  errorLine,
  isCancellation,
  justify,
  lineWidth,
  span,
  stateGlyph,
  type Line,
  type Span,
  type Style,
} from '@sluice/engine/report'
import { activeBefore, activeStretches, type Stretch } from './active-time.ts'
import { collapseCalls, wordOf, type TreeItem, type TreeNode } from './run-tree.ts'
import { waitingText } from '../output/waiting-text.ts'

export interface TreeView {
  readonly width: number
  readonly now: Micros
  /** Every call on a line of its own. */
  readonly all: boolean
  /** The ids of the calls that a later process of the run took over as they were. */
  readonly replayed: ReadonlySet<string>
}

const leastTitle = 8

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
  const { glyph, style } = glyphOf(node)
  const cells = {
    before: [span(head, 'dim'), span(`${glyph} `, style)],
    title: span(titleOf(node), node.kind === 'flow' ? 'bold' : undefined),
    marks: marksOf(node, layout),
    more: moreOf(node, layout),
  }
  return row(cells, tookOf([node], layout), timeBar([node], layout), layout)
}

/** Names of runs often begin with the name of their task: that is not said twice. */
function titleOf({ kind, name, runName }: TreeNode): string {
  if (runName === null) return name
  if (runName.startsWith(name) && !/^[\p{L}\p{N}]/u.test(runName.slice(name.length))) return runName
  return kind === 'flow' ? `${name} “${runName}”` : `${name} ${runName}`
}

function groupLine(item: Extract<TreeItem, { kind: 'group' }>, head: string, layout: Layout): Line {
  const { nodes, stats, name } = item
  const { glyph, style } = glyphOf(worstOf(nodes))
  const plain = stats.states.size === 1 && stats.states.has('completed')
  const counts = plain
    ? ''
    : `  ${[...stats.states].map(([state, count]) => `${countText(count)} ${state}`).join(', ')}`
  const times =
    stats.max === 0 ? '' : `  p50 ${formatDuration(stats.p50 / 1000)} max ${formatDuration(stats.max / 1000)}`
  const replayed = nodes.filter((node) => layout.replayed.has(node.id)).length
  const cells = {
    before: [span(head, 'dim'), span(`${glyph} `, style)],
    title: span(name),
    marks: [
      span(` ×${countText(nodes.length)}${counts}`),
      span(replayed === 0 ? '' : `  ${countText(replayed)} replayed`, 'dim'),
    ],
    more: [span(times, 'dim')],
  }
  return row(cells, tookOf(nodes, layout), timeBar(nodes, layout), layout)
}

/** Many calls carry the mark of the worst of them: a ✓ says that all is done. */
function worstOf(nodes: readonly TreeNode[]): TreeNode | undefined {
  return (
    nodes.find((node) => node.state.type === 'failed' || node.state.type === 'crashed') ??
    nodes.find((node) => node.interrupted) ??
    nodes.find((node) => !isTerminal(node.state.type)) ??
    nodes.find((node) => node.state.type === 'cancelled') ??
    nodes[0]
  )
}

function glyphOf(node: TreeNode | undefined): { readonly glyph: string; readonly style: Style | undefined } {
  if (node === undefined) return { glyph: ' ', style: undefined }
  return node.interrupted ? { glyph: '◐', style: 'yellow' } : stateGlyph(node.state)
}

/** What must be seen whatever the width: which attempt, and where the outcome came from. */
function marksOf(node: TreeNode, layout: Layout): Span[] {
  const attempt = span(node.attempt > 1 ? ` attempt ${node.attempt}` : '', 'yellow')
  const replayed = span(layout.replayed.has(node.id) ? ' replayed' : '', 'dim')
  const { name, type } = node.state
  const silent = name === 'Completed' || (name === 'Running' && !node.interrupted)
  const waits = !node.interrupted && node.state.waitingFor !== undefined && node.state.waitingFor.kind !== 'time'
  const style = type === 'completed' ? 'dim' : glyphOf(node).style
  return [attempt, silent || waits ? span('') : span(` ${wordOf(node)}`, style), replayed]
}

/** The rest of the line, as far as there is room: the reason of an end, or what is waited for. */
function moreOf(node: TreeNode, layout: Layout): Span[] {
  const { state } = node
  if (state.type === 'completed' || state.name === 'Running' || node.interrupted) return []
  const waiting = waitingText(state, layout.now)
  if (waiting !== undefined) return [span(` ${waiting}`, stateGlyph(state).style)]
  const reason = reasonOf(node)
  return reason === undefined ? [] : [span(`: ${reason}`)]
}

function reasonOf(node: TreeNode): string | undefined {
  if (node.error === null) return node.state.message
  const error = fromStoredError(node.error)
  return isCancellation(error) ? undefined : errorLine(error)
}

interface Cells {
  readonly before: Line
  readonly title: Span
  readonly marks: Line
  readonly more: Line
}

/**
 * Name and notes at the left, duration and bar in columns at the right; a narrow terminal gets no bar. Where the room does not
 * suffice, the last notes go first, then the end of the name; never the marks.
 */
function row({ before, title, marks, more }: Cells, took: string, bar: string, layout: Layout): Line {
  const right: Line = [span(took.padStart(8), 'dim'), span(layout.bar === 0 ? '' : ` ${bar}`, 'blue')]
  const room = layout.width - lineWidth(right) - 1 - lineWidth(before) - lineWidth(marks)
  const name = { ...title, text: clipText(title.text, Math.max(leastTitle, room)) }
  const left = [...before, name, ...marks, ...more]
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
