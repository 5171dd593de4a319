import { alteredChecks, checksProperty } from '../checks/stored-checks.ts'
import type { Alteration } from '../format/alter-schema.ts'
import { contractProperty } from '../table/table-properties.ts'

type Properties = Readonly<Record<string, string>>

/** Properties that name columns, with the names that the columns have after an alteration. */
export function alteredProperties(properties: Properties, { rename = {}, drop = [] }: Alteration): Properties {
  const renamed = (name: string): string => (Object.hasOwn(rename, name) ? (rename[name] ?? name) : name)
  const alter = (value: unknown): unknown => {
    if (Array.isArray(value)) return (value as readonly string[]).filter((each) => !drop.includes(each)).map(renamed)
    const entries = Object.entries(value as object).filter(([column]) => !drop.includes(column))
    return Object.fromEntries(entries.map(([column, of]) => [renamed(column), of as unknown]))
  }
  const [checks, contract] = [properties[checksProperty], properties[contractProperty]]
  return {
    ...Object.fromEntries(
      named.flatMap((name) => {
        const text = properties[name]
        return text === undefined ? [] : [[name, JSON.stringify(alter(JSON.parse(text)))]]
      }),
    ),
    ...(contract !== undefined && { [contractProperty]: alteredContract(contract, alter) }),
    ...(checks !== undefined && { [checksProperty]: alteredChecks(checks, renamed, new Set(drop)) }),
  }
}

/** What is said of single columns goes with them. */
function alteredContract(text: string, alter: (columns: unknown) => unknown): string {
  const contract = JSON.parse(text) as { readonly column?: object }
  return JSON.stringify(contract.column === undefined ? contract : { ...contract, column: alter(contract.column) })
}

/** Lists of columns, and what is said of each. */
const named = ['sluice.key', 'sluice.sensitive', 'sluice.references', 'sluice.column-tags'] as const
