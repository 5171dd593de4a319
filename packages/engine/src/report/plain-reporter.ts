import { formatDuration, isTerminal, type Micros } from '@sluice/core'
import type { Reporter, RunEvent, RunNode, TaskNode } from '../types.ts'
import { cancellingLine } from './cancelling-line.ts'
import { errorLine } from './error-text.ts'
import { paintLine, span, type Line } from './line.ts'
import { logLines } from './log-line.ts'
import { painter, type Paint, type Style } from './paint.ts'
import { foldedText, type PlainGroup } from './plain-counts.ts'
import { PlainRoot, PlainRun, runLabel } from './plain-run.ts'
import { progressBar, progressShare, progressText } from './progress-bar.ts'
import type { ReportClock, ReportStream } from './report-stream.ts'
import { rootSummary } from './root-summary.ts'
import { shortId } from './short-id.ts'
import { stateWord } from './state-glyph.ts'
import { timeOfDay } from './time-of-day.ts'

/** Bounds of what is told line by line; beyond them things are counted and told once per second. */
const bounds = { finishesPerGroup: 20, failuresPerGroup: 100, retriesPerGroup: 100, finishesPerRoot: 500 }
const summaryEvery = 1_000_000
const progressEvery = 2_000_000
const silenceAtMost = 30_000_000

export interface PlainOptions {
  readonly stream: ReportStream
  readonly color: boolean
  readonly clock: ReportClock
  /** Log entries below this level are not shown. */
  readonly minLevel: number
}

/**
 * One readable line for every event that matters, for logs and pipes. Bounded: of many equal tasks the first 20 ends
 * have a line each, the rest one common line per second, so 50 000 tasks do not make 50 000 lines.
 */
export class PlainReporter implements Reporter {
  readonly #options: PlainOptions
  readonly #paint: Paint
  readonly #roots: Map<string, PlainRoot> = new Map()
  #stop: (() => void) | undefined
  #foldedAt: Micros = 0

  constructor(options: PlainOptions) {
    this.#options = options
    this.#paint = painter(options.color)
  }

  event(event: RunEvent): void {
    if (event.kind === 'task') this.#task(event.task, event.at)
    else if (event.kind === 'flow') this.#flow(event.run, event.at)
    else if (event.kind === 'log') this.#log(event)
    else this.#progress(event)
    if (event.at - this.#foldedAt >= summaryEvery) this.#tick(event.at)
  }

  close(): void {
    this.#tellFolded(this.#options.clock.now())
    this.#stop?.()
    this.#stop = undefined
  }

  #flow(run: RunNode, at: Micros): void {
    if (run.parentId === null) this.#rootFlow(run, at)
    else this.#childFlow(run, run.parentId, at)
  }

  #rootFlow(run: RunNode, at: Micros): void {
    const root = this.#roots.get(run.id)
    if (root === undefined) return this.#begin(run, at)
    if (isTerminal(run.state.type)) return this.#end(run, root, at)
    if (run.state.name === 'Running') return
    if (run.state.type === 'cancelling') return this.#cancelling(run, root, at)
    const reason = run.error === undefined ? (run.state.message ?? '') : errorLine(run.error)
    this.#line(root, at, [
      span(`${run.flow} ${stateWord(run.state)}`, 'yellow'),
      span(reason === '' ? '' : `: ${reason}`),
    ])
  }

  #cancelling(run: RunNode, root: PlainRoot, at: Micros): void {
    if (!root.cancelling) this.#line(root, at, cancellingLine(run))
    root.cancelling = true
  }

  #begin(run: RunNode, at: Micros): void {
    const root = new PlainRoot(at)
    // With one root run, its name in front of every line would say nothing.
    root.runs.set(run.id, new PlainRun(root, this.#roots.size === 0 ? '' : `${runLabel(run)} › `))
    this.#roots.set(run.id, root)
    this.#stop ??= this.#options.clock.every(1000, () => this.#tick(this.#options.clock.now()))
    const title = runLabel(run) === run.flow ? run.flow : `${run.flow} “${run.name}”`
    const where = run.location === undefined ? '' : ` · recorded in ${run.location}`
    const how = run.resumed ? ' continues' : ''
    this.#line(root, at, [span(`▶ ${title}${how}`, 'bold'), span(` · ${shortId(run.id)}${where}`, 'dim')])
    if (isTerminal(run.state.type)) this.#end(run, root, at)
  }

  #end(run: RunNode, root: PlainRoot, at: Micros): void {
    this.#tellFolded(at)
    for (const line of rootSummary(run, root.tally, root.beganAt)) this.#line(root, at, line)
    this.#roots.delete(run.id)
    if (this.#roots.size === 0) this.close()
  }

  #childFlow(run: RunNode, parentId: string, at: Micros): void {
    const root = this.#roots.get(run.rootId)
    if (root === undefined) return
    const parent = root.runs.get(parentId) ?? this.#anyRun(root)
    if (!root.runs.has(run.id)) root.runs.set(run.id, new PlainRun(root, `${parent.prefix}${runLabel(run)} › `))
    this.#step(root, parent.group(run.flow), parent.prefix + runLabel(run), run, at)
    if (isTerminal(run.state.type)) root.runs.delete(run.id)
  }

  #task(task: TaskNode, at: Micros): void {
    const root = this.#roots.get(task.rootId)
    if (root === undefined) return
    root.tally.add(task)
    if (task.replayed) return
    const group = (root.runs.get(task.runId) ?? this.#anyRun(root)).group(task.name)
    this.#step(root, group, group.label, task, at)
  }

  #step(root: PlainRoot, group: PlainGroup, label: string, node: RunNode | TaskNode, at: Micros): void {
    const { type, name } = node.state
    if (isTerminal(type)) {
      root.active.delete(node.id)
      if (root.waiting.size > 0) root.waiting.delete(node.id)
      this.#finished(root, group, label, node, at)
    } else if (name === 'AwaitingRetry') {
      root.waiting.add(node.id)
      this.#retry(root, group, label, node, at)
    } else if (type === 'running') {
      root.active.set(node.id, { label, since: Math.max(root.beganAt, node.startedAt ?? at) })
      // A retry without a delay may come without the wait before it.
      if (name === 'Retrying' && !root.waiting.delete(node.id)) this.#retry(root, group, label, node, at)
    }
  }

  #finished(root: PlainRoot, group: PlainGroup, label: string, node: RunNode | TaskNode, at: Micros): void {
    group.folded.total++
    const failed = node.state.type === 'failed' || node.state.type === 'crashed'
    const told = failed
      ? ++group.failures <= bounds.failuresPerGroup
      : ++group.finishes <= bounds.finishesPerGroup && ++root.finishLines <= bounds.finishesPerRoot
    if (!told) group.folded[failed ? 'failed' : 'done']++
    else this.#line(root, at, finishLine(label, node, failed, root.beganAt))
  }

  #retry(root: PlainRoot, group: PlainGroup, label: string, node: RunNode | TaskNode, at: Micros): void {
    if (++group.retries > bounds.retriesPerGroup) {
      group.folded.retried++
      return
    }
    const reason = node.error === undefined ? (node.state.message ?? '') : errorLine(node.error)
    const { waitingFor } = node.state
    const delay = waitingFor?.kind === 'time' ? ` in ${formatDuration(Math.max(0, waitingFor.until - at) / 1000)}` : ''
    this.#line(root, at, [
      span(`${label} `, 'cyan'),
      span(`↻ retry${delay}`, 'yellow'),
      span(reason === '' ? '' : `: ${reason}`),
    ])
  }

  #log(event: Extract<RunEvent, { kind: 'log' }>): void {
    const root = this.#roots.get(event.rootId)
    if (root === undefined || event.level < this.#options.minLevel) return
    const prefix = root.runs.get(event.runId)?.prefix ?? ''
    for (const line of logLines(event, prefix + event.source)) this.#line(root, event.at, line)
  }

  #progress(event: Extract<RunEvent, { kind: 'progress' }>): void {
    const root = this.#roots.get(event.rootId)
    if (root === undefined) return
    const group = (root.runs.get(event.runId) ?? this.#anyRun(root)).group(event.source)
    if (event.at - group.progressAt < progressEvery) return
    group.progressAt = event.at
    const share = progressShare(event.progress)
    const bar = share === undefined ? '' : `${progressBar(share, 12)} `
    this.#line(root, event.at, [span(`${group.label} `, 'cyan'), span(bar), span(progressText(event.progress), 'dim')])
  }

  #tick(at: Micros): void {
    this.#tellFolded(at)
    for (const root of this.#roots.values()) {
      if (at - root.lastLineAt >= silenceAtMost) this.#tellActive(root, at)
    }
  }

  #tellFolded(at: Micros): void {
    this.#foldedAt = at
    for (const root of this.#roots.values()) {
      const text = foldedText(root.folded.values())
      if (text !== undefined) this.#line(root, at, [span(`… ${text}`, 'dim')])
    }
  }

  #tellActive(root: PlainRoot, at: Micros): void {
    const names = [...root.active.values()]
      .slice(0, 3)
      .map((each) => `${each.label} (${formatDuration((at - each.since) / 1000)})`)
    const more = root.active.size > 3 ? ` and ${root.active.size - 3} more` : ''
    this.#line(root, at, [
      span(names.length === 0 ? '… still waiting' : `… still running: ${names.join(', ')}${more}`, 'dim'),
    ])
  }

  /** A run that is not known (its events came before this reporter) speaks under the root's name. */
  #anyRun(root: PlainRoot): PlainRun {
    for (const run of root.runs.values()) return run
    return new PlainRun(root, '')
  }

  #line(root: PlainRoot, at: Micros, line: Line): void {
    root.lastLineAt = at
    this.#options.stream.write(`${this.#paint('dim', timeOfDay(at))} ${paintLine(line, this.#paint)}\n`)
  }
}

/** A call that an earlier process began is told with the time that this one spent on it. */
function finishLine(label: string, node: RunNode | TaskNode, failed: boolean, beganAt: Micros): Line {
  const { startedAt, endedAt } = node
  const took =
    startedAt === null || endedAt === null ? '' : formatDuration((endedAt - Math.max(startedAt, beganAt)) / 1000)
  const attempt = node.attempt > 1 ? ` (attempt ${node.attempt})` : ''
  const head = span(`${label} `, 'cyan')
  if (failed) {
    const reason = node.error === undefined ? (node.state.message ?? '') : errorLine(node.error)
    return [
      head,
      span(`✗ ${stateWord(node.state)} after ${took}${attempt}`, 'red'),
      span(reason === '' ? '' : `: ${reason}`),
    ]
  }
  if (node.state.name === 'Completed') return [head, span('✓ ', 'green'), span(`${took}${attempt}`)]
  const style: Style = node.state.type === 'cancelled' ? 'magenta' : 'green'
  return [head, span(`${node.state.type === 'cancelled' ? '⊘' : '✓'} ${stateWord(node.state)}`, style)]
}
