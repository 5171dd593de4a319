import * as fc from 'fast-check'
import type * as z from 'zod'

type Any = fc.Arbitrary<unknown>

/** Values that are worth being tried under a name, because something has them already. */
export type Known = (name: string) => readonly unknown[] | undefined

/** What a schema accepts, from its own definition: so that a fuzz reaches what is behind the validation. */
export function valid(schema: z.core.$ZodType, known: Known, name = '', depth = 0): Any {
  const values = known(name)
  // How long to wait is only ever what is known: a fuzz has no time.
  if (name === 'waitMs' && values !== undefined) return fc.constantFrom(...values)
  const made = make(schema, known, name, depth)
  return values === undefined || values.length === 0
    ? made
    : fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: made })
}

interface Def {
  readonly type: string
  readonly innerType?: z.core.$ZodType
  readonly element?: z.core.$ZodType
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly options?: readonly z.core.$ZodType[]
  readonly items?: readonly z.core.$ZodType[]
  readonly valueType?: z.core.$ZodType
  readonly entries?: Readonly<Record<string, string>>
  readonly values?: readonly unknown[]
}

/** Schemas that refer to themselves are not unfolded for ever: so deep, what may be missing is. */
const deepest = 8

function make(schema: z.core.$ZodType, known: Known, name: string, depth: number): Any {
  const def = schema._zod.def as unknown as Def
  const inner = (): Any => (def.innerType ? valid(def.innerType, known, name, depth) : fc.constant(undefined))
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
      if (depth > deepest) return fc.constant(undefined)
      return fc.oneof({ weight: 2, arbitrary: inner() }, { weight: 1, arbitrary: fc.constant(undefined) })
    case 'nullable':
      return fc.oneof({ weight: 3, arbitrary: inner() }, { weight: 1, arbitrary: fc.constant(null) })
    case 'readonly':
      return inner()
    case 'object':
      return objectOf(def.shape ?? {}, known, depth + 1)
    case 'array':
      return arrayOf(schema, def, known, name, depth + 1)
    case 'tuple':
      return fc.tuple(...(def.items ?? []).map((item) => valid(item, known, '', depth + 1)))
    case 'record':
      return fc.dictionary(
        fc.stringMatching(/^[a-z]{1,8}$/),
        def.valueType ? valid(def.valueType, known, '', depth + 1) : json,
        {
          maxKeys: 3,
          noNullPrototype: true,
        },
      )
    case 'union':
      return fc.oneof(...(def.options ?? []).map((option) => valid(option, known, name, depth)))
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries ?? {}))
    case 'literal':
      return fc.constantFrom(...(def.values ?? []))
    default:
      return scalar(schema, def.type)
  }
}

function scalar(schema: z.core.$ZodType, type: string): Any {
  if (type === 'string') return stringOf(schema)
  if (type === 'number') return numberOf(schema)
  if (type === 'boolean') return fc.boolean()
  if (type === 'null') return fc.constant(null)
  return json
}

function objectOf(shape: Readonly<Record<string, z.core.$ZodType>>, known: Known, depth: number): Any {
  const fields = Object.fromEntries(
    Object.entries(shape).map(([name, field]) => [name, lazily(() => valid(field, known, name, depth))]),
  )
  return fc
    .record(fields)
    .map((object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)))
}

/** Schemas refer to themselves: those are only unfolded when a value is made. */
function lazily(arbitrary: () => Any): Any {
  return fc.constant(undefined).chain(arbitrary)
}

function arrayOf(schema: z.core.$ZodType, def: Def, known: Known, name: string, depth: number): Any {
  const { minimum = 0 } = boundsOf(schema)
  const item = def.element ? lazily(() => (def.element ? valid(def.element, known, name, depth) : json)) : json
  return fc.array(item, { minLength: minimum, maxLength: depth > deepest ? minimum : Math.max(minimum, 3) })
}

interface Bounds {
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: RegExp
  readonly format?: string
}

interface CheckDef {
  readonly check: string
  readonly format?: string
  readonly pattern?: RegExp
  readonly minimum?: number
  readonly maximum?: number
  readonly value?: number
}

function boundsOf(schema: z.core.$ZodType): Bounds {
  const def = schema._zod.def as { format?: string; checks?: readonly { _zod: { def: CheckDef } }[] }
  const checks = (def.checks ?? []).map((check) => check._zod.def)
  const of = (name: string): CheckDef | undefined => checks.find(({ check }) => check === name)
  const minimum = of('min_length')?.minimum ?? of('greater_than')?.value
  const maximum = of('max_length')?.maximum ?? of('less_than')?.value
  const pattern = checks.map((check) => check.pattern).find((each) => each !== undefined)
  return {
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(pattern !== undefined && { pattern }),
    ...(def.format !== undefined && { format: def.format }),
  }
}

/** Texts of the forms that the contract knows: making texts from patterns is slow. */
const candidates = [
  'a',
  'etl',
  'n1',
  'x-1',
  'Order.paid',
  'order.paid',
  'A_b',
  'two words',
  'é',
  '日本',
  '…',
  "it's",
  '%2e',
  '..',
  '"',
  '\\',
  '01890000-0000-7000-8000-000000000001',
  'ffffffff-ffff-4fff-bfff-ffffffffffff',
  '0'.repeat(64),
  'ab'.repeat(32),
  'etl.ts:etl',
  'Secret/token',
  'half \ud800',
  '\u2028',
  '\ud83d\ude00',
  'k'.repeat(100),
  'bronze.trips',
  'a.b',
  '7',
  '9223372036854775807',
  '9999999999999999999',
  'AAAA',
]

const someTime = fc.date({ min: new Date('1970-01-02'), max: new Date('2199-12-30'), noInvalidDate: true })

function stringOf(schema: z.core.$ZodType): Any {
  const { minimum = 0, maximum = 40, pattern, format } = boundsOf(schema)
  if (format === 'datetime') return someTime.map((date) => date.toISOString())
  const maxLength = Math.max(minimum, Math.min(maximum, 40))
  if (pattern !== undefined)
    return fc.constantFrom(...candidates.filter((text) => pattern.test(text) && text.length <= maximum))
  const odd = fc.string({ unit: 'binary', minLength: minimum, maxLength })
  return fc.oneof(fc.string({ minLength: minimum, maxLength }), odd)
}

function numberOf(schema: z.core.$ZodType): Any {
  const { minimum = -1e6, maximum = 1e6 } = boundsOf(schema)
  const min = Math.max(Math.ceil(minimum), Number.MIN_SAFE_INTEGER)
  const max = Math.min(Math.floor(maximum), Number.MAX_SAFE_INTEGER)
  return fc.oneof(fc.integer({ min, max: Math.min(max, min + 100) }), fc.constantFrom(min, max))
}

/** JSON of all kinds, also names and texts that have hurt others. */
export const json: Any = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    null,
    -1,
    0,
    1e308,
    2 ** 53,
    '',
    ' ',
    '\u0000',
    '\ud800',
    '../../etc/passwd',
    "' or 1=1 --",
    '%00',
    'constructor',

    {},
    [],
    { constructor: 1 },
    { toString: 1 },
    [[[[[[]]]]]],
    'x'.repeat(3_000),
    Array.from({ length: 70 }).reduce((deep: unknown) => [deep], 1),
  ),
)

/** A valid value with one thing wrong somewhere: another type, a name too many, one too few. */
export function broken(value: Any): Any {
  return fc
    .tuple(value, json, fc.nat(), fc.nat({ max: 2 }))
    .map(([given, wrong, seed, kind]) => breakAt(given, wrong, seed, kind))
}

function breakAt(value: unknown, wrong: unknown, seed: number, kind: number): unknown {
  if (typeof value !== 'object' || value === null) return wrong
  const keys = Object.keys(value)
  const key = keys[seed % Math.max(keys.length, 1)]
  if (key === undefined || kind === 0)
    return Array.isArray(value) ? [...(value as unknown[]), wrong] : { ...value, surplus: wrong }
  const inside = (value as Readonly<Record<string, unknown>>)[key]
  const deeper = kind === 1 && typeof inside === 'object' && inside !== null
  const put = deeper
    ? breakAt(inside, wrong, Math.trunc(seed / 7), seed % 3)
    : kind === 2 && seed % 2 === 0
      ? undefined
      : wrong
  return Array.isArray(value) ? (value as unknown[]).with(Number(key), put) : { ...value, [key]: put }
}
