import { isTerminal, type Micros, type State, type StoredError } from '@sluice/core'
import { stateWord } from '@sluice/engine/report'
import type { TimelineEntry } from '@sluice/store'
import type { RunFacts, TaskFacts } from './run-source.ts'

/** A flow run or task run with what it called. */
export interface TreeNode {
  readonly kind: 'flow' | 'task'
  readonly id: string
  readonly name: string
  /** The name of this very run, when it has one of its own. */
  readonly runName: string | null
  readonly state: State
  readonly attempt: number
  readonly createdAt: Micros
  readonly startedAt: Micros | null
  readonly endedAt: Micros | null
  readonly timeline: readonly TimelineEntry[]
  readonly error: StoredError | null
  /** The process of the run ended while this was under way: its state is not the truth any more. */
  readonly interrupted: boolean
  readonly children: TreeNode[]
}

/**
 * The whole tree of a root run, calls in the order in which they were made. A call whose caller is not in the record (its
 * row was never written before a crash) hangs below its flow run.
 */
export function buildTree(root: RunFacts, runs: readonly RunFacts[], tasks: readonly TaskFacts[]): TreeNode {
  const over = isTerminal(root.state.type) ? (root.endedAt ?? root.state.at) : null
  const runNode = (run: RunFacts): TreeNode => interruptedAt(over, runNodeOf(run))
  const taskNode = (task: TaskFacts): TreeNode => interruptedAt(over, taskNodeOf(task))
  const top = runNode(root)
  const children = runs.filter((run) => run.id !== root.id)
  const nodes = new Map([top, ...children.map(runNode), ...tasks.map(taskNode)].map((node) => [node.id, node]))
  const callerOf = (taskId: string | null, runId: string | null): TreeNode =>
    nodes.get(taskId ?? '') ?? nodes.get(runId ?? '') ?? top
  for (const run of children) callerOf(run.parentTaskId, run.parentId).children.push(nodes.get(run.id) ?? runNode(run))
  for (const task of tasks) callerOf(task.parentTaskId, task.runId).children.push(nodes.get(task.id) ?? taskNode(task))
  for (const node of nodes.values()) node.children.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
  return top
}

/** The node of this id in a tree. */
export function findNode(tree: TreeNode, id: string): TreeNode | undefined {
  const open = [tree]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.id === id) return node
    open.push(...node.children)
  }
  return undefined
}

/** A node, or many equal calls told as one. */
export type TreeItem =
  | { readonly kind: 'node'; readonly node: TreeNode; readonly children: readonly TreeItem[] }
  | {
      readonly kind: 'group'
      readonly name: string
      readonly nodes: readonly TreeNode[]
      readonly stats: GroupStats
      readonly children: readonly TreeItem[]
    }

export interface GroupStats {
  /** Calls by {@link wordOf}. */
  readonly states: ReadonlyMap<string, number>
  /** Microseconds, of the calls that ended. */
  readonly p50: number
  readonly max: number
}

/** From how many calls of one name on they are told as one. Child runs are looked at one by one longer than tasks. */
const collapseFrom = { task: 4, flow: 13 } as const
const failuresShown = 3

/** Collapses repeated calls of one name; of a collapsed group the first failures stay visible, and what its members called is collapsed together. */
export function collapseCalls(nodes: readonly TreeNode[], all: boolean): TreeItem[] {
  const groups = Map.groupBy(nodes, (node) => `${node.kind} ${node.name}`)
  return [...groups.values()].flatMap((group): TreeItem[] => {
    const [first] = group
    if (first === undefined) return []
    if (all || group.length < collapseFrom[first.kind]) return group.map((node) => nodeItem(node, all))
    const failed = group
      .filter((node) => node.state.type === 'failed' || node.state.type === 'crashed')
      .slice(0, failuresShown)
    const nested = collapseCalls(
      group.flatMap((node) => node.children),
      all,
    )
    const children = [...failed.map((node): TreeItem => ({ kind: 'node', node, children: [] })), ...nested]
    return [{ kind: 'group', name: first.name, nodes: group, stats: groupStats(group), children }]
  })
}

function nodeItem(node: TreeNode, all: boolean): TreeItem {
  return { kind: 'node', node, children: collapseCalls(node.children, all) }
}

/** `completed`, `timed out`, `interrupted`: how a call stands, in a word. */
export function wordOf(node: TreeNode): string {
  return node.interrupted ? 'interrupted' : stateWord(node.state)
}

/** Outcomes and typical durations of equal calls. */
export function groupStats(nodes: readonly TreeNode[]): GroupStats {
  const states = new Map<string, number>()
  for (const node of nodes) states.set(wordOf(node), (states.get(wordOf(node)) ?? 0) + 1)
  const took = nodes.flatMap((node) =>
    node.startedAt === null || node.endedAt === null || node.interrupted ? [] : [node.endedAt - node.startedAt],
  )
  took.sort((a, b) => a - b)
  return { states, p50: took[Math.floor((took.length - 1) / 2)] ?? 0, max: took.at(-1) ?? 0 }
}

/** A call that stands as under way in a run that is over was interrupted then, whatever its row says. */
function interruptedAt(over: Micros | null, node: TreeNode): TreeNode {
  if (over === null || isTerminal(node.state.type)) return node
  return { ...node, interrupted: true, endedAt: over }
}

function runNodeOf(run: RunFacts): TreeNode {
  return { ...nodeFields(run), kind: 'flow', name: run.flow, runName: run.name === run.flow ? null : run.name }
}

function taskNodeOf(task: TaskFacts): TreeNode {
  return { ...nodeFields(task), kind: 'task', name: task.name, runName: task.runName }
}

function nodeFields(row: RunFacts | TaskFacts): Omit<TreeNode, 'kind' | 'name' | 'runName'> {
  const { id, state, attempt, createdAt, startedAt, endedAt, timeline, error } = row
  return { id, state, attempt, createdAt, startedAt, endedAt, timeline, error, interrupted: false, children: [] }
}
