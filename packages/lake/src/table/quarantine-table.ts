import { SluiceError } from '@sluice/core'
import { quarantineNamespace, requireTableName } from '../catalog/lake-paths.ts'

/** The table that holds the rejected rows of a table. */
export function quarantineOf(table: string): string {
  return `${quarantineNamespace}${table.replace('.', '__')}`
}

/** Throws `TABLE_NAME_INVALID` for a name that is none, or that users cannot write to. */
export function requireWritable(table: string): void {
  requireTableName(table)
  if (table.startsWith(quarantineNamespace))
    throw new SluiceError('TABLE_NAME_INVALID', {
      table,
      problem: `the namespace ${quarantineNamespace.slice(0, -1)} is filled by Sluice with the rows that did not fit`,
    })
}
