import type * as z from 'zod'

type Decode = (values: readonly string[]) => unknown

/** Query strings have no types: what the schema says a field is, its text is read as. What does not fit stays text, and is refused. */
export type QueryDecoder = (raw: Readonly<Record<string, unknown>>) => Record<string, unknown>

export function queryDecoder(schema: z.ZodObject): QueryDecoder {
  const decoders = new Map(Object.entries(schema.shape).map(([name, field]) => [name, decodeOf(field)] as const))
  return (raw) =>
    Object.fromEntries(
      Object.entries(raw).map(([name, value]) => {
        const values = (Array.isArray(value) ? value : [value]).map(String)
        return [name, decoders.get(name)?.(values) ?? value] as const
      }),
    )
}

function decodeOf(field: z.core.$ZodType): Decode {
  const type = bare(field)
  if (isArray(type)) {
    const one = scalarOf(bare(type._zod.def.element))
    return (values) => values.map(one)
  }
  const one = scalarOf(type)
  // A single value that is given twice is no value of that type.
  return (values) => (values.length === 1 && values[0] !== undefined ? one(values[0]) : values)
}

function scalarOf(type: z.core.$ZodType): (text: string) => unknown {
  const kind = type._zod.def.type
  if (kind === 'number') return (text) => (/^-?\d{1,16}(?:\.\d{1,16})?$/.test(text) ? Number(text) : text)
  if (kind === 'boolean') return (text) => (text === 'true' ? true : text === 'false' ? false : text)
  return (text) => text
}

function isArray(type: z.core.$ZodType): type is z.core.$ZodArray {
  return type._zod.def.type === 'array'
}

/** Without what only says that it may be missing. */
function bare(type: z.core.$ZodType): z.core.$ZodType {
  const { def } = type._zod
  return 'innerType' in def ? bare(def.innerType as z.core.$ZodType) : type
}
