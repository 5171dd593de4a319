import { shortId } from '@sluice/engine/report'
import type { RunSource } from './run-source.ts'

/** What wrote a log entry or an artifact. */
export interface Writer {
  readonly runId: string
  readonly taskRunId: string | null
  /** When it was written. */
  readonly at?: number
}

/** Waits a moment for the row of a task that has just logged; false once it will not come any more. */
export type RowWait = (writer: Writer) => Promise<boolean>

/**
 * Tells whose an entry is as the plain lines of a run do: `green 2020-05 › web-to-parquet › clean`. Of the root run's own
 * entries only the name of what wrote them. Every run and task run is looked up once.
 */
export function callPaths(source: RunSource, waitForRow?: RowWait): (writer: Writer) => Promise<string> {
  const prefixes = new Map<string, Promise<string>>()
  const names = new Map<string, Promise<string>>()
  const prefixOf = (runId: string): Promise<string> =>
    remembered(prefixes, runId, async () => {
      const run = await source.getRun(runId)
      if (run === undefined || run.parentId === null) return ''
      const label = run.name === null || run.name === '' ? run.flow : run.name
      return `${await prefixOf(run.parentId)}${label} › `
    })
  const nameOf = (writer: Writer): Promise<string> => {
    const { runId, taskRunId } = writer
    return remembered(names, taskRunId ?? runId, async () => {
      // A task run that never came to be recorded (the process died first) has entries but no name.
      if (taskRunId !== null) return (await taskOf(writer, taskRunId))?.name ?? shortId(taskRunId)
      return (await source.getRun(runId))?.flow ?? shortId(runId)
    })
  }
  const taskOf = async (writer: Writer, id: string): ReturnType<RunSource['getTask']> => {
    for (;;) {
      const task = await source.getTask(id)
      if (task !== undefined || waitForRow === undefined || !(await waitForRow(writer))) return task
    }
  }
  return async (writer) => (await prefixOf(writer.runId)) + (await nameOf(writer))
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const value = known.get(key) ?? make()
  known.set(key, value)
  return value
}
