import * as z from 'zod'

export type JsonSchema = Readonly<Record<string, unknown>>

/** Makes JSON Schemas of the contract's schemas, with those that have an id kept apart under their names. */
export interface JsonSchemas {
  of(schema: z.ZodType, io: 'input' | 'output'): JsonSchema
  /** All that were met, by name. One that differs between what is sent and what is answered has a second name, `…Input`. */
  components(): Readonly<Record<string, JsonSchema>>
}

const prefix = '#/components/schemas/'

export function jsonSchemas(
  all: readonly { readonly schema: z.ZodType; readonly io: 'input' | 'output' }[],
): JsonSchemas {
  const met = { input: new Map<string, JsonSchema>(), output: new Map<string, JsonSchema>() }
  const convert = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
    // Wrapped, so that a schema with an id is a reference here too.
    const { properties, $defs = {} } = z.toJSONSchema(z.object({ it: schema }), { io, unrepresentable: 'any' })
    for (const [name, definition] of Object.entries($defs)) met[io].set(name, definition)
    return (properties?.['it'] ?? {}) as JsonSchema
  }
  for (const { schema, io } of all) convert(schema, io)
  const split = differing(met.input, met.output)
  const nameOf = (name: string, io: 'input' | 'output'): string =>
    io === 'input' && split.has(name) ? `${name}Input` : name
  return {
    of: (schema, io) => relinked(convert(schema, io), (name) => nameOf(name, io)),
    components() {
      const named = (['output', 'input'] as const).flatMap((io) =>
        [...met[io]].map(([name, schema]) => [nameOf(name, io), relinked(schema, (to) => nameOf(to, io))] as const),
      )
      return Object.fromEntries(named.toSorted(([a], [b]) => a.localeCompare(b, 'en')))
    },
  }
}

/** Names whose two versions differ, themselves or in what they refer to. */
function differing(
  input: ReadonlyMap<string, JsonSchema>,
  output: ReadonlyMap<string, JsonSchema>,
): ReadonlySet<string> {
  const texts = (name: string): readonly (string | undefined)[] =>
    [input, output].map((side) => (side.has(name) ? JSON.stringify(side.get(name)) : undefined))
  const split = new Set<string>()
  for (const name of input.keys()) {
    const [sent, answered] = texts(name)
    if (answered !== undefined && sent !== answered) split.add(name)
  }
  for (let before = -1; before !== split.size;) {
    before = split.size
    for (const name of input.keys()) {
      const [sent = ''] = texts(name)
      if (output.has(name) && [...split].some((other) => sent.includes(`"#/$defs/${other}"`))) split.add(name)
    }
  }
  return split
}

function relinked(schema: unknown, nameOf: (name: string) => string): JsonSchema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key, item]) => key !== '$schema' && !(key === 'id' && typeof item === 'string'))
        .map(([key, item]) => [key, key === '$ref' ? relink(String(item), nameOf) : walk(item)] as const),
    )
  }
  return walk(schema) as JsonSchema
}

function relink(ref: string, nameOf: (name: string) => string): string {
  return ref.startsWith('#/$defs/') ? prefix + nameOf(ref.slice('#/$defs/'.length)) : ref
}
