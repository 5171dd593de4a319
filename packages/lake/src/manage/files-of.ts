import { type FilesetChange, openFileset, type OpenFileset } from '../fileset/open-fileset.ts'
import { platform } from '../platform.ts'
import type { OpenLake } from '../table/lake.ts'
import { requireWritable } from '../table/quarantine-table.ts'

/** The files of a fileset, from outside of flows. Throws `TABLE_NAME_INVALID`. */
export function filesOf(lake: OpenLake, fileset: string): OpenFileset {
  requireWritable(fileset)
  return openFileset(lake, fileset, undefined)
}

/** A change that nobody made before. */
export const newChange = (): FilesetChange => ({ loadId: platform.newId(), tableOptions: {} })
