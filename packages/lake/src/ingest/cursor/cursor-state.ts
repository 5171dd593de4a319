/** Where a cursor stands, as the ledger has it. */
export interface CursorState {
  readonly name: string
  /** The last value, as DuckDB writes it. */
  readonly last: string
  /** Rows at the last value, or within the lag: their values and hashes. */
  readonly seen: readonly (readonly [value: string, hash: string])[]
  /** The load that the cursor stood at before. */
  readonly previous?: string
}

export function isCursorState(value: unknown): value is CursorState {
  return typeof value === 'object' && value !== null && 'last' in value && 'seen' in value
}
