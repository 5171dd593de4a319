import { formatDuration, type Micros } from '@sluice/core'
import type { Progress, RunNode, TaskNode } from '../types.ts'
import { errorLine, isCancellation } from './error-text.ts'
import { span, type Line, type Span } from './line.ts'
import type { LiveGroup, LiveMember, LiveScope, LiveTree } from './live-tree.ts'
import { runLabel } from './plain-run.ts'
import { countText, progressBar, progressShare, progressText } from './progress-bar.ts'
import { shortId } from './short-id.ts'
import { stateGlyph, stateWord } from './state-glyph.ts'

/** A line of the live view with what hangs below it. */
export interface OutlineItem {
  readonly line: Line
  readonly right: Line
  readonly children: readonly OutlineItem[]
}

/** How much is folded away, in the order in which things go. Each includes what stands before it. */
export const folds = ['nothing', 'finished trees', 'finished groups', 'members', 'deep trees', 'all trees'] as const
export type Fold = (typeof folds)[number]

interface View {
  readonly now: Micros
  readonly fold: number
  readonly columns: number
  /** No duration begins earlier. */
  readonly beganAt: Micros
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const
const membersShown = 6

/** The tree of a root run at one moment. Pure: the same tree, time and fold give the same lines. */
export function outline(
  tree: LiveTree,
  options: { readonly now: Micros; readonly fold: Fold; readonly columns: number },
): OutlineItem {
  const view: View = {
    now: options.now,
    columns: options.columns,
    beganAt: tree.beganAt,
    fold: folds.indexOf(options.fold),
  }
  const { root } = tree
  const title = runLabel(root) === root.flow ? root.flow : `${root.flow} “${root.name}”`
  const again = root.resumed && root.endedAt === null ? ' continues' : ''
  const line = [
    mark(root, view),
    span(title, 'bold'),
    span(`${again} ${shortId(root.id)}`, 'dim'),
    ...details(root, tree.progress, view),
  ]
  return { line, right: duration(root, view), children: scopeItems(tree.scope, view, 1) }
}

function scopeItems(scope: LiveScope, view: View, depth: number): OutlineItem[] {
  const groups = [...scope.groups.values()]
  if (view.fold < 2) return groups.map((group) => groupItem(group, view, depth))
  const done = groups.filter((group) => group.finished)
  if (done.length < 2) return groups.map((group) => groupItem(group, view, depth))
  return [
    finishedItem(done),
    ...groups.filter((group) => !group.finished).map((group) => groupItem(group, view, depth)),
  ]
}

function finishedItem(groups: readonly LiveGroup[]): OutlineItem {
  const failed = groups.reduce((sum, group) => sum + group.failed, 0)
  const cancelled = groups.reduce((sum, group) => sum + group.cancelled, 0)
  const names = groups
    .map((group) => (group.total === 1 ? group.name : `${group.name} ×${countText(group.total)}`))
    .join(', ')
  const counts = [
    span(failed > 0 ? `${countText(failed)} failed · ` : '', 'red'),
    span(cancelled > 0 ? `${countText(cancelled)} cancelled · ` : '', 'magenta'),
  ]
  return {
    line: [endMark(failed, cancelled), ...counts, span(names, 'dim')],
    right: [],
    children: [],
  }
}

function groupItem(group: LiveGroup, view: View, depth: number): OutlineItem {
  if (group.total === 1) {
    const [member] = group.active.size === 1 ? group.active.values() : group.ended
    if (member !== undefined) return memberItem(member, view, depth)
  }
  return {
    line: groupLine(group, view),
    right: groupDuration(group, view),
    children: groupChildren(group, view, depth),
  }
}

function groupChildren(group: LiveGroup, view: View, depth: number): OutlineItem[] {
  if (treesFolded(view, depth) || (group.finished && view.fold >= 1)) return []
  const nested = scopeItems(group.scope, view, depth + 1)
  if (view.fold >= 3) return group.kind === 'task' ? nested : []
  const active = take(group.active.values(), membersShown, (member) => group.kind === 'flow' || worthALine(member))
  const ended = group.kind === 'flow' && view.fold < 1 && group.total <= membersShown ? group.ended : []
  // In the order of the calls: a member that ends must not jump away from where the eye was.
  const members = [...ended, ...active].toSorted((a, b) => a.order - b.order)
  return [...members.map((member) => memberItem(member, view, depth + 1, group.kind === 'flow')), ...nested]
}

/** Of the members of a big group only those are shown that say more than "running". */
function worthALine(member: LiveMember): boolean {
  return member.progress !== undefined || member.node.state.name === 'AwaitingRetry'
}

function memberItem(member: LiveMember, view: View, depth: number, withTree = true): OutlineItem {
  const { node } = member
  const ended = member.group.active.size === 0 || !member.group.active.has(node.id)
  const hidden = !withTree || treesFolded(view, depth) || (ended && view.fold >= 1)
  const name = 'flow' in node ? runLabel(node) : node.name
  const line = [
    mark(node, view),
    span(name, ended ? undefined : 'bold'),
    ...details(node, ended ? undefined : member.progress, view),
  ]
  return { line, right: duration(node, view), children: hidden ? [] : scopeItems(member.scope, view, depth + 1) }
}

function treesFolded(view: View, depth: number): boolean {
  return view.fold >= 5 || (view.fold >= 4 && depth >= 2)
}

function groupLine(group: LiveGroup, view: View): Line {
  // What was cancelled was not done: a group cut short must not look complete.
  const done = group.completed + group.failed
  const { running, queued, waiting } = activeCounts(group)
  const counts: Span[] = [
    span(` ${countText(done)}/${countText(group.total)}`),
    span(group.finished ? '' : ` ${progressBar(done / group.total, barWidth(view))}`, 'cyan'),
    span(running > 0 ? ` ${countText(running)} running` : '', 'blue'),
    span(queued > 0 ? ` ${countText(queued)} queued` : '', 'dim'),
    span(waiting > 0 ? ` ${countText(waiting)} waiting for a retry` : '', 'yellow'),
    span(group.failed > 0 ? ` ${countText(group.failed)} failed` : '', 'red'),
    span(group.cancelled > 0 ? ` ${countText(group.cancelled)} cancelled` : '', 'magenta'),
    span(group.replayed > 0 ? ` ${countText(group.replayed)} replayed` : '', 'dim'),
  ]
  return [groupMark(group, view), span(group.name, group.finished ? undefined : 'bold'), ...counts]
}

function activeCounts(group: LiveGroup): {
  readonly running: number
  readonly queued: number
  readonly waiting: number
} {
  let queued = 0
  let waiting = 0
  for (const { node } of group.active.values()) {
    if (node.state.name === 'AwaitingConcurrencySlot') queued++
    else if (node.state.name === 'AwaitingRetry') waiting++
  }
  return { running: group.active.size - queued - waiting, queued, waiting }
}

function groupMark(group: LiveGroup, view: View): Span {
  if (!group.finished) return spin(view)
  return endMark(group.failed, group.cancelled)
}

/** Many ends are told by the worst of them. */
function endMark(failed: number, cancelled: number): Span {
  if (failed > 0) return span('✗ ', 'red')
  return cancelled > 0 ? span('⊘ ', 'magenta') : span('✓ ', 'green')
}

function mark(node: TaskNode | RunNode, view: View): Span {
  if (node.state.type === 'running') return spin(view)
  const { glyph, style } = stateGlyph(node.state)
  return span(`${glyph} `, style)
}

function spin(view: View): Span {
  return span(`${spinner[Math.floor(view.now / 100_000) % spinner.length] ?? '●'} `, 'blue')
}

function details(node: TaskNode | RunNode, progress: Progress | undefined, view: View): Span[] {
  const attempt = node.attempt > 1 ? [span(` attempt ${node.attempt}`, 'yellow')] : []
  if (progress !== undefined && node.state.type === 'running') {
    const share = progressShare(progress)
    const bar = share === undefined ? [] : [span(` ${progressBar(share, barWidth(view))}`, 'cyan')]
    return [...attempt, ...bar, span(` ${progressText(progress)}`, 'dim')]
  }
  return [...attempt, ...stateDetails(node, view)]
}

function stateDetails(node: TaskNode | RunNode, view: View): Span[] {
  const { state } = node
  const reason = isCancellation(node.error)
    ? ''
    : node.error === undefined
      ? (state.message ?? '')
      : errorLine(node.error)
  const because = reason === '' ? '' : `: ${reason}`
  if ('replayed' in node && node.replayed) return [span(' replayed', 'dim')]
  if (state.name === 'Running' || state.name === 'Retrying' || state.name === 'Completed') return []
  if (state.name === 'AwaitingRetry') return [span(` retry${countdown(node, view)}`, 'yellow'), span(because, 'dim')]
  if (state.name === 'AwaitingConcurrencySlot') {
    return [
      span(
        state.waitingFor?.kind === 'limit' ? ` waits for limit ${state.waitingFor.limit}` : ' waits for a slot',
        'dim',
      ),
    ]
  }
  if (state.type === 'completed') return [span(` ${stateWord(state)}`, 'dim')]
  return [span(` ${stateWord(state)}${countdown(node, view)}`, stateGlyph(state).style), span(because)]
}

function countdown(node: TaskNode | RunNode, view: View): string {
  const wait = node.state.waitingFor
  return wait?.kind === 'time' ? ` in ${formatDuration(wholeSeconds(wait.until - view.now))}` : ''
}

function duration(node: TaskNode | RunNode, view: View): Line {
  if (node.startedAt === null || ('replayed' in node && node.replayed) || node.state.name === 'Cached') return []
  return [span(elapsed(node.startedAt, node.endedAt, view), 'dim')]
}

function groupDuration(group: LiveGroup, view: View): Line {
  return group.since === null ? [] : [span(elapsed(group.since, group.finished ? group.until : null, view), 'dim')]
}

/** What has ended is told exactly; what runs counts in tenths, so that digits do not dance. */
function elapsed(first: Micros, until: Micros | null, view: View): string {
  const since = Math.max(first, view.beganAt)
  if (until !== null) return formatDuration(Math.max(0, until - since) / 1000)
  const tenths = Math.max(0, Math.floor((view.now - since) / 100_000))
  return tenths < 600 ? `${(tenths / 10).toFixed(1)} s` : formatDuration(Math.floor(tenths / 10) * 1000)
}

function wholeSeconds(micros: Micros): number {
  return Math.max(0, Math.ceil(micros / 1_000_000)) * 1000
}

function barWidth(view: View): number {
  return view.columns < 60 ? 8 : 14
}

/** The first few that fit; looks at no more than a screenful times ten, because a group may hold 100,000. */
function take<T>(items: Iterable<T>, count: number, fits: (item: T) => boolean): T[] {
  const taken: T[] = []
  let looked = 0
  for (const item of items) {
    if (fits(item)) taken.push(item)
    if (taken.length === count || ++looked === 500) break
  }
  return taken
}
