import type { ColumnContract, Contract } from '../table/types.ts'
import type { LoadRequest } from './load-request.ts'

export type ColumnsRule = NonNullable<Contract['columns']>
export type TypesRule = NonNullable<Contract['types']>

/** What a load's contract comes to: of each thing, the rule that counts. */
export interface ContractRules {
  /** What becomes of columns that the table has not. */
  readonly columns: ColumnsRule
  /** What becomes of values that this column cannot hold. */
  types(column: string): TypesRule
  /** Whether this column becomes another type where Iceberg's promotions do not reach: not where its values are frozen or discarded. */
  rewrites(column: string): boolean
  /** Whether any column may. */
  readonly rewritesAny: boolean
}

/** What is said of one column goes before what is said of all, and what the load says before what the table says. */
export function contractRules({ options, declared }: Pick<LoadRequest, 'options' | 'declared'>): ContractRules {
  const [load, table] = [options.contract, declared?.contract]
  const said = (column: string): readonly (ColumnContract | undefined)[] => [
    ownRule(load, column),
    ownRule(table, column),
    load,
    table,
  ]
  const types = (column: string): TypesRule => said(column).find((rule) => rule?.types)?.types ?? 'quarantine'
  const onTypeChange = (column: string): ColumnContract['onTypeChange'] =>
    said(column).find((rule) => rule?.onTypeChange)?.onTypeChange
  return {
    columns: load?.columns ?? table?.columns ?? 'evolve',
    types,
    rewrites: (column) => onTypeChange(column) === 'rewrite' && ['quarantine', 'evolve'].includes(types(column)),
    rewritesAny: [load, table].some((contract) => JSON.stringify(contract ?? null).includes('"rewrite"')),
  }
}

function ownRule(contract: Contract | undefined, column: string): ColumnContract | undefined {
  return contract?.column !== undefined && Object.hasOwn(contract.column, column) ? contract.column[column] : undefined
}
