import type { OpenHome } from '@sluice/engine'
import { homeMayHaveLake, requireHomeTables } from '../catalog/open-server-lake.ts'
import type { OpenLake } from '../table/lake.ts'
import { lakeOf } from '../table/open-lake.ts'

/** The lake of a home. Undefined where there is none yet: looking makes none, `create` does. Throws `LAKE_STORAGE_UNKNOWN`. */
export async function openLakeOf(
  home: OpenHome,
  options: { readonly create?: boolean } = {},
): Promise<OpenLake | undefined> {
  if (options.create !== true && !homeMayHaveLake(home)) {
    await requireHomeTables(home)
    return undefined
  }
  return lakeOf(home)
}
