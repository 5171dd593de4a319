/** One row of JSON, with its integers as they are; undefined: it is no object. */
export function jsonRow(raw: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const row: unknown = JSON.parse(raw, exactly as never)
    return typeof row === 'object' && row !== null && !Array.isArray(row) ? (row as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function exactly(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source
  const isLarge =
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
  return isLarge ? BigInt(source) : value
}
