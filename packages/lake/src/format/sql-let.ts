/**
 * An SQL expression that computes `value` once and uses it in `body` by its name, as DuckDB has no `let`. Names of such
 * expressions hide columns within the body only.
 */
export function sqlLet(name: string, value: string, body: string): string {
  return `list_transform([${value}], lambda ${name}: ${body})[1]`
}
