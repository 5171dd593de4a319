import { SluiceError } from '@sluice/core'
import type { ColumnContract, Contract } from '../table/types.ts'
import { columnName } from './columns/column-name.ts'

type Known<Rules> = { readonly [Rule in keyof Rules]-?: readonly Rules[Rule][] }

const ofColumn: Known<ColumnContract> = {
  types: ['evolve', 'freeze', 'discard', 'quarantine'],
  onTypeChange: ['quarantine', 'rewrite'],
}
const ofTable: Known<Omit<Contract, 'column'>> = {
  columns: ['evolve', 'freeze', 'discard', 'quarantine'],
  ...ofColumn,
}

/** Throws `OPTION_UNKNOWN`, `OPTION_INVALID`: a contract that is misspelt must not let anything in. */
export function requireContract(contract: Contract | undefined): void {
  const { column = {}, ...rules } = contract ?? {}
  requireRules('contract', rules, ofTable, ['column'])
  if (typeof column !== 'object') throw invalid('contract.column', 'it says of single columns: { fare: { types: … } }')
  for (const [name, own] of Object.entries(column)) {
    const option = `contract.column.${name}`
    if (columnName(name, 1) !== name)
      throw invalid(option, `columns are called so in the table: ${columnName(name, 1)}`)
    requireRules(option, own, ofColumn)
  }
}

/** Throws `OPTION_INVALID`: what is no number would let everything in. */
export function requireShare(share: number | undefined): void {
  if (share !== undefined && !(typeof share === 'number' && share >= 0 && share <= 1))
    throw invalid('maxRejected', 'it is a share, from 0 to 1')
}

function requireRules(
  of: string,
  rules: object,
  known: Readonly<Record<string, readonly unknown[]>>,
  others: readonly string[] = [],
): void {
  for (const [name, value] of Object.entries(rules)) {
    const values = known[name]
    if (values === undefined)
      throw new SluiceError('OPTION_UNKNOWN', { option: name, of, known: [...Object.keys(known), ...others] })
    if (value === undefined || values.includes(value)) continue
    throw invalid(`${of}.${name}`, `it is one of ${values.join(', ')}`)
  }
}

function invalid(option: string, problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option, problem })
}
