import type { RowLoad } from './load-rows.ts'
import type { TargetOptions } from './write-target.ts'

/** How a load writes to its table. */
export function targetOptions({ lake, table, tableOptions, stage }: RowLoad, branch: string): TargetOptions {
  const { platform, storage } = lake
  const place = { branch, ...(stage && { from: 'main' as const }) }
  return { name: table, storageUrl: storage.url, options: tableOptions, platform, ...place }
}
