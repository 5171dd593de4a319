import { contentHash, SluiceError } from '@sluice/core'
import { quarantineNamespace, requireTableName } from '../catalog/lake-paths.ts'

/**
 * The table that holds the rejected rows of a table, and of no other: `bronze.trips` has `quarantine.bronze__trips`. A name in which that
 * could be another point than the one that was there says where it was: `a.b__c` has `quarantine.a__b__c__1`.
 */
export function quarantineOf(table: string): string {
  const [namespace = '', name = ''] = table.split('.')
  const plain = `${namespace}__${name}`
  const isClear = !namespace.includes('__') && !name.includes('__') && !namespace.endsWith('_') && !name.startsWith('_')
  // A clear name has two underscores in one place, this one in more: no two tables meet.
  return `${quarantineNamespace}${shortened(isClear ? plain : `${plain}__${namespace.length}`)}`
}

/** As long as a name may be. */
const longest = 128

function shortened(name: string): string {
  return name.length <= longest ? name : `${name.slice(0, longest - 27)}___${contentHash(name).slice(0, 24)}`
}

/** What DuckDB has under these names itself: a table there could be written, and never asked. */
const ofDuck: ReadonlySet<string> = new Set(['information_schema', 'memory', 'pg_catalog', 'system', 'temp'])

/** Throws `TABLE_NAME_INVALID` for a name that is none, or that users cannot write to. */
export function requireWritable(table: string): void {
  requireTableName(table)
  const namespace = table.slice(0, table.indexOf('.'))
  if (ofDuck.has(namespace))
    throw new SluiceError('TABLE_NAME_INVALID', {
      table,
      problem: `the namespace ${namespace} is DuckDB's own: take another one`,
    })
  if (table.startsWith(quarantineNamespace))
    throw new SluiceError('TABLE_NAME_INVALID', {
      table,
      problem: `the namespace ${quarantineNamespace.slice(0, -1)} is filled by Sluice with the rows that did not fit`,
    })
}
