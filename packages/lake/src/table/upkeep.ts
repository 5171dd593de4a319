import { attemptContext, type AttemptContext } from '@sluice/engine'
import type * as manage from '../manage/upkeep.ts'
import type { OpenLake } from './lake.ts'
import { requireTableName } from '../catalog/lake-paths.ts'
import { requireWritable } from './quarantine-table.ts'
import type { DropOptions, DropResult, TableUpkeep } from './upkeep-types.ts'

/** What is done to a table beside its rows; loaded by the first who does it. */
export function tableUpkeep<Row extends object>(name: string): TableUpkeep<Row> {
  return {
    async alter(alteration) {
      requireWritable(name)
      const { lake, context, manage } = await opened()
      return manage.alterTable(lake, name, alteration as Parameters<typeof manage.alterTable>[2], context)
    },
    async compact(options) {
      requireTableName(name)
      const { lake, context, manage } = await opened()
      return manage.compactTable(lake, name, options, context)
    },
    async expire(options) {
      requireTableName(name)
      const { lake, context, manage } = await opened()
      return manage.expireTable(lake, name, options, context)
    },
  }
}

interface Opened {
  readonly lake: OpenLake
  readonly context: AttemptContext | undefined
  readonly manage: typeof manage
}

async function opened(): Promise<Opened> {
  const context = attemptContext()
  context?.requireOpen()
  const [{ currentLake }, manage] = await Promise.all([import('./open-lake.ts'), import('../manage/upkeep.ts')])
  const lake = await currentLake()
  await context?.requireOwned()
  return { lake, context, manage }
}

/** `lake.drop` */
export async function dropTable(table: string | { readonly name: string }, options?: DropOptions): Promise<DropResult> {
  const name = requireTableName(typeof table === 'string' ? table : table.name)
  const { lake, manage } = await opened()
  return manage.dropFromLake(lake, name, options)
}
