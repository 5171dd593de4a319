import { attemptContext, type AttemptContext } from '@sluice/engine'
import type * as manage from '../manage/history.ts'
import { requireTableName } from '../catalog/lake-paths.ts'
import type { TableHistory } from './history-types.ts'
import type { OpenLake } from './lake.ts'
import { requireOptions } from './require-options.ts'

/** What is known of a table and of its versions; loaded by the first who asks. */
export function tableHistory(table: string): TableHistory {
  const ask = async <T>(answer: (opened: Opened) => Promise<T>): Promise<T> => answer(await opened(table))
  return {
    details: () => ask(({ lake, manage }) => manage.describeTable(lake, table)),
    versions: () => ask(({ lake, manage }) => manage.tableVersions(lake, table)),
    schemaVersions: () => ask(({ lake, manage }) => manage.schemaVersions(lake, table)),
    async diff(from, to, options = {}) {
      requireOptions('diff', options, ['key'])
      const request = { from, ...(to !== undefined && { to }), ...options }
      return ask(({ lake, manage }) => manage.diffTable(lake, table, request))
    },
    async tag(name, options = {}) {
      requireOptions('tag', options, ['version', 'move'])
      const { version, move = false } = options
      return ask(({ lake, manage, context }) => manage.tagTable(lake, table, name, { version, move, context }))
    },
    deleteTag: (name) => ask(({ lake, manage, context }) => manage.deleteTag(lake, table, name, context)),
    async branch(name, options = {}) {
      requireOptions('branch', options, ['from'])
      return ask(({ lake, manage, context }) => manage.branchTable(lake, table, name, options.from, context))
    },
    deleteBranch: (name) => ask(({ lake, manage, context }) => manage.deleteBranch(lake, table, name, context)),
    rollback: (version) => ask(({ lake, manage, context }) => manage.rollbackTable(lake, table, version, context)),
    async quarantine(options = {}) {
      requireOptions('quarantine', options, ['load'])
      // Apart: it is the one that needs DuckDB.
      const { describeQuarantine } = await import('../manage/quarantine.ts')
      return ask(({ lake }) => describeQuarantine(lake, table, options))
    },
    checks: () => ask(({ lake, manage }) => manage.tableChecks(lake, table)),
  }
}

interface Opened {
  readonly lake: OpenLake
  readonly context: AttemptContext | undefined
  readonly manage: typeof manage
}

async function opened(table: string): Promise<Opened> {
  const context = attemptContext()
  context?.requireOpen()
  requireTableName(table)
  const [{ currentLake }, manage] = await Promise.all([import('./open-lake.ts'), import('../manage/history.ts')])
  return { lake: await currentLake(), context, manage }
}
