import type { Contract } from '../table/types.ts'
import type { LoadRequest } from './load-request.ts'

export type ColumnsRule = NonNullable<Contract['columns']>
export type TypesRule = NonNullable<Contract['types']>

/** What a load's contract comes to: of each thing, the rule that counts. */
export interface ContractRules {
  /** What becomes of columns that the table has not. */
  readonly columns: ColumnsRule
  /** What becomes of values that this column cannot hold. */
  types(column: string): TypesRule
}

/** What is said of one column goes before what is said of all, and what the load says before what the table says. */
export function contractRules({ options, declared }: Pick<LoadRequest, 'options' | 'declared'>): ContractRules {
  const [load, table] = [options.contract, declared?.contract]
  return {
    columns: load?.columns ?? table?.columns ?? 'evolve',
    types: (column) =>
      ownRule(load, column)?.types ?? ownRule(table, column)?.types ?? load?.types ?? table?.types ?? 'quarantine',
  }
}

function ownRule(contract: Contract | undefined, column: string): NonNullable<Contract['column']>[string] | undefined {
  return contract?.column !== undefined && Object.hasOwn(contract.column, column) ? contract.column[column] : undefined
}
