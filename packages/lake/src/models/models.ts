import { task, type TaskFuture } from '@sluice/engine'
import type { Model } from './read-models.ts'

/** Queries in files, each of which becomes a table or a view. */
export interface Models {
  /** Runs all of them, as tasks of the flow that calls: each once those that it refers to are done. Throws `MODEL_INVALID`. */
  run(): Promise<readonly ModelResult[]>
  /** Their names, in an order in which they can run. Throws `MODEL_INVALID`. */
  names(): Promise<readonly string[]>
}

export interface ModelResult {
  readonly name: string
  readonly materialized: 'table' | 'view' | 'incremental'
  /** Of a view none. */
  readonly rows?: number
  readonly snapshot?: string
}

/**
 * Files of SQL, each one SELECT. `{{ ref('bronze.trips') }}` names a table, a view or another model; lines at the beginning say what
 * becomes of it: `-- name: gold.revenue`, `-- materialized: table | view | incremental`, `-- key: id`, `-- description: …`, `-- owner: …`.
 * Paths begin at the directory that the process runs in.
 *
 * @example
 * export const nightly = flow({ name: 'nightly' }, async () => models('sql/*.sql').run())
 */
export function models(pattern: string | readonly string[]): Models {
  const read = async (): Promise<readonly Model[]> => {
    const { readModels } = await import('./read-models.ts')
    return readModels(typeof pattern === 'string' ? [pattern] : pattern)
  }
  return {
    async names() {
      return (await read()).map(({ name }) => name)
    },
    async run() {
      const all = await read()
      const { requireKnown } = await import('./require-known.ts')
      await requireKnown(all)
      const running = new Map<string, TaskFuture<ModelResult>>()
      for (const model of all) {
        const before = model.refs.flatMap((ref) => running.get(ref) ?? [])
        running.set(model.name, start(model, before))
      }
      return Promise.all(running.values())
    },
  }
}

/** The results of those before it are its inputs: it runs after them, and anew when one of them has made something else. */
function start(model: Model, before: readonly TaskFuture<ModelResult>[]): TaskFuture<ModelResult> {
  const run = task({ name: model.name, version: model.version }, async (..._before: readonly ModelResult[]) => {
    const { materialize } = await import('./materialize.ts')
    return materialize(model)
  })
  return run(...before)
}
