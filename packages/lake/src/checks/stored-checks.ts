import { SluiceError } from '@sluice/core'
import { markedJson, readMarkedJson } from '../table/marked-json.ts'
import type { Check, CheckSpec } from './check-spec.ts'
import { relationship, unique } from './check-helpers.ts'

/** The property under which a table keeps its checks: who loads without its code obeys them too. */
export const checksProperty = 'sluice.checks'

/** Checks with their queries written, as a property. Throws `OPTION_INVALID` for two of one name. */
export function checksText(table: string, checks: readonly Check[]): string {
  const specs = checks.map((one): CheckSpec => {
    if (one.kind !== 'custom') return one
    const { text, values } = one.query({ name: table }).sql
    return { kind: 'sql', name: one.name, severity: one.severity, text, values }
  })
  const names = new Set<string>()
  for (const { name } of specs) {
    if (names.has(name))
      throw new SluiceError('OPTION_INVALID', {
        option: 'checks',
        problem: `two are called '${name}': give one a name`,
      })
    names.add(name)
  }
  return markedJson(specs)
}

/** The checks of a table: its own, and those that its key and its references imply. */
export function checksOf(properties: Readonly<Record<string, string>> = {}): readonly CheckSpec[] {
  const own = readMarkedJson(properties[checksProperty] ?? '[]') as readonly CheckSpec[]
  const key = read<readonly string[]>(properties['sluice.key'], [])
  const references = read<Readonly<Record<string, { table: string; column: string }>>>(
    properties['sluice.references'],
    {},
  )
  const implied = [
    ...(key.length > 0 ? [unique(key)] : []),
    ...Object.entries(references).map(([column, to]) => relationship(column, to)),
  ]
  const names = new Set(own.map(({ name }) => name))
  return [...own, ...implied.filter(({ name }) => !names.has(name))]
}

/** The property after columns have got other names, or have gone: their checks keep theirs, or go too. Queries stay as they are. */
export function alteredChecks(text: string, renamed: (column: string) => string, gone: ReadonlySet<string>): string {
  const checks = JSON.parse(text) as readonly { readonly column?: string; readonly columns?: readonly string[] }[]
  const kept = checks.filter(
    ({ column, columns }) => ![column ?? '', ...(columns ?? [])].some((name) => gone.has(name)),
  )
  return JSON.stringify(
    kept.map((check) =>
      Object.assign(
        check,
        check.column !== undefined && { column: renamed(check.column) },
        check.columns && { columns: check.columns.map(renamed) },
      ),
    ),
  )
}

function read<T>(text: string | undefined, none: T): T {
  return text === undefined ? none : (JSON.parse(text) as T)
}
