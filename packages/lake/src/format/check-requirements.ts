import { commitConflict } from './commit-errors.ts'
import type { TableMetadata } from './table-metadata.ts'
import type { TableRequirement } from './table-update.ts'

/**
 * Checks what must still be so of a table, or of its absence.
 *
 * @throws SluiceError `LAKE_COMMIT_CONFLICT` with the first requirement that does not hold.
 */
export function checkRequirements(base: TableMetadata | undefined, requirements: readonly TableRequirement[]): void {
  for (const requirement of requirements) {
    const problem = base === undefined ? problemOfAbsence(requirement) : problemOf(base, requirement)
    if (problem !== undefined) throw commitConflict(problem, requirement)
  }
}

function problemOfAbsence(requirement: TableRequirement): string | undefined {
  if (requirement.type === 'assert-create') return undefined
  if (requirement.type === 'assert-ref-snapshot-id' && requirement['snapshot-id'] === null) return undefined
  return 'the table does not exist'
}

function problemOf(base: TableMetadata, requirement: TableRequirement): string | undefined {
  switch (requirement.type) {
    case 'assert-create':
      return 'the table exists already'
    case 'assert-table-uuid':
      return differs('table has the UUID', base['table-uuid'], requirement.uuid)
    case 'assert-ref-snapshot-id':
      return refProblem(base, requirement.ref, requirement['snapshot-id'])
    case 'assert-last-assigned-field-id':
      return differs('last column has the id', base['last-column-id'], requirement['last-assigned-field-id'])
    case 'assert-current-schema-id':
      return differs('current schema is', base['current-schema-id'], requirement['current-schema-id'])
    case 'assert-last-assigned-partition-id':
      return differs(
        'last partition field has the id',
        base['last-partition-id'],
        requirement['last-assigned-partition-id'],
      )
    case 'assert-default-spec-id':
      return differs('default partition spec is', base['default-spec-id'], requirement['default-spec-id'])
    case 'assert-default-sort-order-id':
      return differs('default sort order is', base['default-sort-order-id'], requirement['default-sort-order-id'])
    default:
      return `the requirement ${JSON.stringify((requirement as { type: unknown }).type)} is not known`
  }
}

function refProblem(base: TableMetadata, ref: string, wanted: bigint | null): string | undefined {
  const found = Object.hasOwn(base.refs ?? {}, ref) ? base.refs?.[ref]?.['snapshot-id'] : undefined
  if (wanted === null) return found === undefined ? undefined : `the ref ${ref} exists already`
  return found === undefined ? `the ref ${ref} does not exist` : differs(`ref ${ref} is at the snapshot`, found, wanted)
}

function differs(what: string, found: string | number | bigint, wanted: string | number | bigint): string | undefined {
  return found === wanted ? undefined : `the ${what} ${found}, not ${wanted}`
}
