import type { OpenHome } from '@sluice/engine'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { OpenLake } from '../table/lake.ts'
import { lakeOf } from '../table/open-lake.ts'

/** The lake of a home. Undefined where there is none yet: looking makes none, `create` does. */
export async function openLakeOf(
  home: OpenHome,
  options: { readonly create?: boolean } = {},
): Promise<OpenLake | undefined> {
  if (options.create !== true && !existsSync(path.join(home.dir, 'lake'))) return undefined
  return lakeOf(home)
}
