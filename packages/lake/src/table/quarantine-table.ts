import { SluiceError } from '@sluice/core'
import { requireTableName } from '../catalog/lake-paths.ts'

/** The namespace of the tables that hold what did not fit into others. */
const namespace = 'quarantine'

/** The table that holds the rejected rows of a table. */
export function quarantineOf(table: string): string {
  return `${namespace}.${table.replace('.', '__')}`
}

/** Throws `TABLE_NAME_INVALID` for a name that is none, or that users cannot write to. */
export function requireWritable(table: string): void {
  requireTableName(table)
  if (table.startsWith(`${namespace}.`))
    throw new SluiceError('TABLE_NAME_INVALID', {
      table,
      problem: `the namespace ${namespace} is filled by Sluice with the rows that did not fit`,
    })
}
