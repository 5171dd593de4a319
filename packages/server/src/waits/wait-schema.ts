/** The JSON Schema that an input wait asks for; null: anything answers it. */
export function schemaOfWait(match: string | null): object | null {
  if (match === null) return null
  const { schema } = JSON.parse(match) as { readonly schema?: object | null }
  return schema ?? null
}
