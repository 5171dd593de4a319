import { digest } from '@sluice/core'
import { declaredColumns } from './columns/declared-columns.ts'
import type { LoadRequest } from './load-request.ts'

/**
 * What a table asks of rows, in a few letters: the id of its schema, and a hash of its contract and of what is declared of its columns. `more`: what
 * else decides whether a row fits.
 */
export function contractVersion(
  request: Pick<LoadRequest, 'table' | 'options' | 'declared'>,
  more: unknown = null,
): string {
  const { table, options, declared } = request
  const contract = { ...declared?.contract, ...options.contract }
  const column = { ...declared?.contract?.column, ...options.contract?.column }
  const columns = [...declaredColumns(declared)]
  const rules = [contract.columns ?? null, contract.types ?? null, contract.onTypeChange ?? null, column]
  const said = JSON.stringify([...rules, columns, more])
  return `${table?.schema['schema-id'] ?? 'new'}-${digest(said).slice(0, 10)}`
}
