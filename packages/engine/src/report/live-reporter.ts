import { isTerminal, type Micros } from '@sluice/core'
import type { Reporter, RunEvent, RunNode } from '../types.ts'
import { cancellingLine } from './cancelling-line.ts'
import { paintLine, span, type Line } from './line.ts'
import { liveFrame } from './live-frame.ts'
import { LiveRegion } from './live-region.ts'
import { LiveTree } from './live-tree.ts'
import { logLines } from './log-line.ts'
import { painter, type Paint } from './paint.ts'
import { runLabel } from './plain-run.ts'
import type { ReportClock, ReportStream } from './report-stream.ts'
import { rootSummary } from './root-summary.ts'
import { timeOfDay } from './time-of-day.ts'

const frameMs = 100
/** More waiting text than this is written at once, not with the next frame. */
const pendingAtMost = 64 * 1024

/** What a live view needs of its process. */
export interface LiveHost {
  readonly clock: ReportClock
  /** Calls `fn` at the end of the process. Returns how to take that back. */
  onExit(fn: () => void): () => void
  /** Hands what others write to the terminal to `onText`. Returns how to take that back. */
  intercept(onText: (text: string) => void): () => void
}

export interface LiveOptions {
  readonly stream: ReportStream
  readonly color: boolean
  /** Log entries below this level are not shown. */
  readonly minLevel: number
  readonly host: LiveHost
}

/**
 * The tree of every live root run, redrawn at most ten times a second, with logs and other output scrolling above it.
 * A run that ends leaves its last tree and its summary on the screen.
 */
export class LiveReporter implements Reporter {
  readonly #options: LiveOptions
  readonly #paint: Paint
  readonly #region: LiveRegion
  readonly #trees: Map<string, LiveTree> = new Map()
  /** Whole lines that wait for the next frame. */
  #above = ''
  /** The line that others have begun to write. */
  #partial = ''
  #undo: readonly (() => void)[] = []

  constructor(options: LiveOptions) {
    this.#options = options
    this.#paint = painter(options.color)
    this.#region = new LiveRegion(options.stream, this.#paint)
  }

  event(event: RunEvent): void {
    if (event.kind === 'flow' && event.run.parentId === null) return this.#rootFlow(event.run, event.at)
    const tree = this.#trees.get(rootOf(event))
    if (tree === undefined) return
    if (event.kind === 'log') this.#log(event, tree)
    else tree.apply(event)
  }

  close(): void {
    if (this.#undo.length === 0) return
    this.#above += this.#partial === '' ? '' : `${this.#partial}\n`
    this.#partial = ''
    this.#draw()
    this.#region.release()
    for (const undo of this.#undo) undo()
    this.#undo = []
  }

  #rootFlow(run: RunNode, at: Micros): void {
    const known = this.#trees.get(run.id)
    if (known !== undefined) this.#change(known, run)
    else if (!isTerminal(run.state.type)) this.#begin(run, at)
    if (known !== undefined && isTerminal(run.state.type)) this.#end(known)
  }

  #change(tree: LiveTree, run: RunNode): void {
    const begins = run.state.type === 'cancelling' && tree.root.state.type !== 'cancelling'
    tree.root = run
    if (!begins) return
    this.#print([cancellingLine(run)])
    this.#draw()
  }

  #begin(run: RunNode, at: Micros): void {
    this.#trees.set(run.id, new LiveTree(run, at))
    if (this.#undo.length > 0) return
    const { host } = this.#options
    this.#undo = [
      host.clock.every(frameMs, () => this.#draw()),
      host.onExit(() => this.close()),
      host.intercept((text) => this.#foreign(text)),
    ]
  }

  #end(tree: LiveTree): void {
    this.#trees.delete(tree.root.id)
    const last = liveFrame([tree], this.#size())
    this.#print([...last, ...rootSummary(tree.root, tree.tally, tree.beganAt)])
    if (this.#trees.size === 0) this.close()
    else this.#draw()
  }

  #log(event: Extract<RunEvent, { kind: 'log' }>, tree: LiveTree): void {
    if (event.level < this.#options.minLevel) return
    const path = (this.#trees.size > 1 ? `${runLabel(tree.root)} › ` : '') + tree.prefixOf(event.runId)
    const time = span(`${timeOfDay(event.at)} `, 'dim')
    for (const line of logLines(event, path + event.source)) this.#print([[time, ...line]])
  }

  /** Text of others goes above the region line by line: half a line could not be continued there. */
  #foreign(text: string): void {
    const whole = this.#partial + text
    const end = whole.lastIndexOf('\n') + 1
    this.#partial = whole.slice(end)
    this.#put(whole.slice(0, end))
  }

  #print(lines: readonly Line[]): void {
    this.#put(lines.map((line) => `${paintLine(line, this.#paint)}\n`).join(''))
  }

  #put(text: string): void {
    this.#above += text
    if (this.#above.length > pendingAtMost) this.#draw()
  }

  #draw(): void {
    const above = this.#above
    this.#above = ''
    this.#region.draw(above, this.#trees.size === 0 ? [] : liveFrame(this.#trees.values(), this.#size()))
  }

  #size(): { columns: number; lines: number; now: Micros } {
    const { stream, host } = this.#options
    return { columns: stream.columns ?? 80, lines: Math.max(1, (stream.rows ?? 24) - 2), now: host.clock.now() }
  }
}

function rootOf(event: RunEvent): string {
  if (event.kind === 'flow') return event.run.rootId
  return event.kind === 'task' ? event.task.rootId : event.rootId
}
