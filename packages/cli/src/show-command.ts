import { isSluiceError } from '@sluice/core'
import { readValue, type Home } from '@sluice/engine'
import { paintLine } from '@sluice/engine/report'
import type { Page, RunRecord, StoredValue, TaskRunRecord } from '@sluice/store'
import { exitCodes } from './exit-code.ts'
import { findRun } from './find-run.ts'
import type { CliIo } from './io.ts'
import { printJson } from './print.ts'
import { replayedCalls } from './replayed-calls.ts'
import { artifactJson, runJson, taskRunJson } from './run-json.ts'
import { footerLines, headerLines } from './run-header.ts'
import { buildTree, findNode } from './run-tree.ts'
import { treeLines } from './run-tree-lines.ts'
import { terminalOf } from './terminal.ts'
import { withHome } from './with-home.ts'

export interface ShowFlags {
  readonly json: boolean
  /** Equal calls one by one. */
  readonly all: boolean
}

/** What is read at most: beyond that `runs show` says that it shows the beginning. */
const rowsAtMost = 50_000

/** `sluice runs show <id>`: one run with its tree, its error, its artifacts, and what to do next. */
export async function showCommand(prefix: string, flags: ShowFlags, io: CliIo): Promise<number> {
  return withHome(io, async (home) => {
    const run = await findRun(home, prefix)
    const { store } = home
    const root = run.parentId === null ? run : ((await store.getRun(run.rootId)) ?? run)
    const runs = await readAll<RunRecord>((after) => store.listRuns({ rootId: run.rootId, limit: 1000, ...after }))
    const tasks = await readAll<TaskRunRecord>((after) =>
      store.listTaskRuns({ rootId: run.rootId, limit: 1000, ...after }),
    )
    const counts = await store.countTaskRuns(run.rootId)
    const artifacts = await store.listArtifacts(run.rootId)
    const parameters = await readable(home, run.parameters)
    const replayed = replayedCalls(root, runs, tasks)
    if (flags.json) {
      const children = runs
        .filter((each) => each.id !== run.id && each.id !== run.rootId)
        .map((each) => runJson(each, { replayed: replayed.has(each.id) }))
      printJson(io, {
        ...runJson(run, { counts, parameters, result: await readable(home, run.result) }),
        timeline: run.timeline.map(([name, at, message]) => ({
          name,
          at: new Date(at / 1000).toISOString(),
          message: message ?? null,
        })),
        childRuns: children,
        taskRuns: tasks.map((task) => taskRunJson(task, replayed.has(task.id))),
        artifacts: artifacts.map(artifactJson),
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

/** A secret whose key is elsewhere, or a result that is gone, must not hide the rest of the run. */
async function readable(home: Home, value: StoredValue | null): Promise<unknown> {
  try {
    return await readValue(home, value)
  } catch (error) {
    if (isSluiceError(error)) return `(${error.code})`
    throw error
  }
}

async function readAll<T>(page: (after: { readonly after?: string }) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = []
  for (let after: { readonly after?: string } | undefined = {}; after !== undefined && items.length < rowsAtMost;) {
    const { items: more, next }: Page<T> = await page(after)
    items.push(...more)
    after = next === null ? undefined : { after: next }
  }
  return items
}
