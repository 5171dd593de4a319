import { SluiceError } from '@sluice/core'
import type { SchemaIssue } from '../standard-schema.ts'
import type { Definition } from './definition.ts'

/** Validates with the flow's schema; without one the argument is taken as it is. Throws `PARAMETERS_INVALID` with all issues. */
export function parseParameters(definition: Definition, given: unknown): unknown {
  if (!definition.parameters) return given
  const result = definition.parameters['~standard'].validate(given ?? {})
  return result instanceof Promise
    ? result.then((settled) => valueOf(definition, settled))
    : valueOf(definition, result)
}

type Result = Awaited<ReturnType<NonNullable<Definition['parameters']>['~standard']['validate']>>

function valueOf(definition: Definition, result: Result): unknown {
  if (result.issues)
    throw new SluiceError('PARAMETERS_INVALID', { flow: definition.name, issues: issuesOf(result.issues) })
  return result.value
}

/** Issues of any Standard Schema library as plain data. */
export function issuesOf(issues: readonly SchemaIssue[]): readonly object[] {
  return issues.map(plainIssue)
}

function plainIssue(issue: { readonly message: string; readonly path?: unknown }): {
  message: string
  path: readonly PropertyKey[]
} {
  const path = Array.isArray(issue.path) ? issue.path : []
  return {
    message: issue.message,
    path: path.map((segment: unknown) => (isSegment(segment) ? segment.key : (segment as PropertyKey))),
  }
}

function isSegment(segment: unknown): segment is { key: PropertyKey } {
  return typeof segment === 'object' && segment !== null && 'key' in segment
}
