import { sqlLet } from './sql-let.ts'

/** DuckDB's expression for a decimal without its point: the integer of its digits. By text, as 38 digits leave no room. */
export function unscaledSql(value: string): string {
  return `replace((${value})::VARCHAR, '.', '')::HUGEINT`
}

/** The reverse. */
export function scaledSql(unscaled: string, precision: number, scale: number): string {
  const type = `DECIMAL(${precision}, ${scale})`
  if (scale === 0) return `(${unscaled})::${type}`
  const digits = `(repeat('0', greatest(0, ${scale + 1} - len(abs(_u)::VARCHAR))) || abs(_u)::VARCHAR)`
  const text = sqlLet('_d', digits, `_d[:len(_d) - ${scale}] || '.' || right(_d, ${scale})`)
  return sqlLet('_u', unscaled, `((CASE WHEN _u < 0 THEN '-' ELSE '' END) || ${text})::${type}`)
}

/** Its bytes: the fewest of two's complement, the highest first, as hexadecimal digits. */
export function unscaledHexSql(unscaled: string): string {
  // One bit more than the magnitude has: a half-filled first byte has room for it, a full one only below 8.
  const bytes = `(len(_m) // 2 + CASE WHEN len(_m) % 2 = 1 OR _m[1] >= '8' THEN 1 ELSE 0 END)`
  const padded = `(CASE WHEN _u < 0 THEN hex(_u) ELSE repeat('0', 32 - len(hex(_u))) || hex(_u) END)`
  const digits = sqlLet('_m', `hex(CASE WHEN _u < 0 THEN -1 - _u ELSE _u END)`, `right(${padded}, 2 * ${bytes})`)
  return sqlLet('_u', unscaled, digits)
}
