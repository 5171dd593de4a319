import { isTerminal, type Micros } from '@sluice/core'
import type { Progress, RunEvent, RunNode, TaskNode } from '../types.ts'
import { runLabel } from './plain-run.ts'
import { RunTally } from './run-tally.ts'

/** The calls made from one place, grouped by name, in the order of their first call. */
export class LiveScope {
  readonly groups: Map<string, LiveGroup> = new Map()

  group(kind: 'task' | 'flow', name: string): LiveGroup {
    const key = kind === 'task' ? name : `flow ${name}`
    const known = this.groups.get(key)
    if (known !== undefined) return known
    const group = new LiveGroup(kind, name)
    this.groups.set(key, group)
    return group
  }
}

/** All calls of one name in one scope: counts for ever, single members only while they are active (or few). */
export class LiveGroup {
  readonly kind: 'task' | 'flow'
  readonly name: string
  readonly active: Map<string, LiveMember> = new Map()
  /** The latest ends, for groups small enough to be shown member by member. */
  readonly ended: LiveMember[] = []
  /** What tasks of this group called, all members together. */
  readonly scope: LiveScope = new LiveScope()
  total = 0
  completed = 0
  failed = 0
  cancelled = 0
  replayed = 0
  since: Micros | null = null
  until: Micros | null = null

  constructor(kind: 'task' | 'flow', name: string) {
    this.kind = kind
    this.name = name
  }

  get finished(): boolean {
    return this.active.size === 0
  }
}

/** One task run or child run. */
export interface LiveMember {
  node: TaskNode | RunNode
  progress: Progress | undefined
  /** Its place among the calls of its group. */
  readonly order: number
  readonly group: LiveGroup
  readonly scope: LiveScope
}

/** How many ended members of a group are remembered: a map over 100,000 items stays flat in memory. */
const endedKept = 12

/** A root run as the live view knows it. */
export class LiveTree {
  root: RunNode
  /** When this process began with it; the run itself, and calls that it goes on with, may be older. */
  readonly beganAt: Micros
  progress: Progress | undefined
  readonly scope: LiveScope = new LiveScope()
  readonly tally: RunTally = new RunTally()
  readonly #members: Map<string, LiveMember> = new Map()

  constructor(root: RunNode, at: Micros) {
    this.root = root
    this.beganAt = at
  }

  apply(event: RunEvent): void {
    if (event.kind === 'task') this.#task(event.task)
    else if (event.kind === 'flow') this.#flow(event.run)
    else if (event.kind === 'progress') this.#progress(event.taskRunId ?? event.runId, event.progress)
  }

  /** `green 2020-05 › web-to-parquet › `: the child runs that lead to this run; empty for the root run. */
  prefixOf(runId: string): string {
    let prefix = ''
    for (let node = this.#members.get(runId)?.node; node !== undefined && 'flow' in node;) {
      prefix = `${runLabel(node)} › ${prefix}`
      node = this.#members.get(node.parentId ?? '')?.node
    }
    return prefix
  }

  #flow(run: RunNode): void {
    if (run.id === this.root.id) this.root = run
    else this.#step('flow', run.flow, run, run.parentId ?? this.root.id, new LiveScope())
  }

  #task(task: TaskNode): void {
    this.tally.add(task)
    this.#step('task', task.name, task, task.parentTaskId ?? task.runId, undefined)
  }

  #step(
    kind: 'task' | 'flow',
    name: string,
    node: TaskNode | RunNode,
    callerId: string,
    scope: LiveScope | undefined,
  ): void {
    const known = this.#members.get(node.id)
    const ended = isTerminal(node.state.type)
    if (known !== undefined) {
      known.node = node
      if (ended) this.#end(known)
      return
    }
    const group = this.#scopeOf(callerId, node).group(kind, name)
    const member = { node, progress: undefined, order: group.total++, group, scope: scope ?? group.scope }
    group.since ??= node.startedAt
    this.#members.set(node.id, member)
    group.active.set(node.id, member)
    if (ended) this.#end(member)
  }

  /** The caller may have ended already (a task that outlives its caller's attempt): then the run it belongs to, then the root. */
  #scopeOf(callerId: string, node: TaskNode | RunNode): LiveScope {
    const runId = 'runId' in node ? node.runId : node.parentId
    return (this.#members.get(callerId) ?? this.#members.get(runId ?? ''))?.scope ?? this.scope
  }

  #end(member: LiveMember): void {
    const { group, node } = member
    this.#members.delete(node.id)
    group.active.delete(node.id)
    group.until = node.endedAt ?? group.until
    if (node.state.type === 'completed') group.completed++
    else if (node.state.type === 'cancelled') group.cancelled++
    else group.failed++
    if ('replayed' in node && node.replayed) group.replayed++
    group.ended.push(member)
    if (group.ended.length > endedKept) group.ended.shift()
  }

  #progress(id: string, progress: Progress): void {
    const member = this.#members.get(id)
    if (member !== undefined) member.progress = progress
    else if (id === this.root.id) this.progress = progress
  }
}
