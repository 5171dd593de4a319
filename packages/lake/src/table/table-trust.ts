import { attemptContext, type AttemptContext } from '@sluice/engine'
import type * as settle from './settle-load.ts'
import type { OpenLake } from './lake.ts'
import { requireWritable } from './quarantine-table.ts'
import { requireOptions } from './require-options.ts'
import type { AnyTableOptions } from './table-properties.ts'
import type { TableTrust } from './trust-types.ts'

/** Checks of a table, and what becomes of loads that they block; loaded by the first who asks. */
export function tableTrust(table: string, tableOptions: AnyTableOptions): TableTrust {
  return {
    async check() {
      const { lake, context, settle } = await opened(table)
      return settle.checkTable({ lake, table, tableOptions, context })
    },
    async publish(loadId, options = {}) {
      requireOptions('publish', options, ['force'])
      const { lake, context, settle } = await opened(table)
      return settle.publishTableLoad({ lake, table, loadId, context, force: options.force === true })
    },
    async drop(loadId) {
      const { lake, context, settle } = await opened(table)
      await settle.dropLoad({ lake, table, loadId, context })
    },
  }
}

interface Opened {
  readonly lake: OpenLake
  readonly context: AttemptContext | undefined
  readonly settle: typeof settle
}

async function opened(table: string): Promise<Opened> {
  const context = attemptContext()
  context?.requireOpen()
  requireWritable(table)
  const [{ currentLake }, settle] = await Promise.all([import('./open-lake.ts'), import('./settle-load.ts')])
  return { lake: await currentLake(), context, settle }
}
