import { paintLine } from '@sluice/engine/report'
import { artifactEntity } from '@sluice/store'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { printJson } from '../output/print.ts'
import { terminalOf } from '../output/terminal.ts'
import { replayedCalls } from './replayed-calls.ts'
import { footerLines, headerLines } from './run-header.ts'
import { buildTree, findNode } from './run-tree.ts'
import type { ShownRun, ShownTask } from './run-source.ts'
import { treeLines } from './run-tree-lines.ts'
import { withRuns } from './with-runs.ts'

export interface ShowFlags {
  readonly json: boolean
  /** Equal calls one by one. */
  readonly all: boolean
}

/** What is read at most: beyond that `runs show` says that it shows the beginning. */
const rowsAtMost = 50_000

/** `sluice runs show <id>`: one run with its tree, its error, its artifacts, and what to do next. */
export async function showCommand(prefix: string, flags: ShowFlags, io: CliIo): Promise<number> {
  return withRuns(io, async (source) => {
    const run = await source.find(prefix)
    const root = run.parentId === null ? run : ((await source.getRun(run.rootId)) ?? run)
    const { runs, tasks } = await source.tree(run.rootId, rowsAtMost)
    const { counts, parameters, result } = await source.detail(run)
    const artifacts = await source.artifacts(root)
    const replayed = replayedCalls(root, runs, tasks)
    if (flags.json) {
      printJson(io, {
        ...run.entity,
        parameters: parameters ?? null,
        result: result ?? null,
        counts,
        childRuns: runs
          .filter((each) => each.id !== run.id && each.id !== run.rootId)
          .map((each) => told(each, replayed)),
        taskRuns: tasks.map((each) => told(each, replayed)),
        artifacts: artifacts.map(artifactEntity),
      })
      return exitCodes.ok
    }
    const now = io.now()
    const { width, paint } = terminalOf(io)
    const tree = buildTree(root, runs, tasks)
    const view = { width, now, all: flags.all, replayed }
    const lines = [
      ...headerLines(run, { counts, parameters, now }),
      [],
      ...treeLines(findNode(tree, run.id) ?? tree, view),
      ...footerLines(run, { artifacts: artifacts.filter((each) => each.kind !== 'progress'), tree, now }),
    ]
    const cut = tasks.length >= rowsAtMost ? `(the first ${rowsAtMost} task runs)\n` : ''
    io.stdout.write(`${lines.map((line) => paintLine(line, paint)).join('\n')}\n${cut}`)
    return exitCodes.ok
  })
}

/** A call as JSON; `replayed` when a later process of its run took its outcome over. */
function told({ id, entity }: ShownRun | ShownTask, replayed: ReadonlySet<string>): object {
  return { ...entity, replayed: replayed.has(id) }
}
