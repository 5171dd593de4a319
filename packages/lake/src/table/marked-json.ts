/** JSON of values that JSON cannot say by itself: times, large integers, bytes, and numbers that are none. */
export function markedJson(value: unknown): string {
  // Dates know how to become JSON before a replacer sees them: their mark is put before.
  return JSON.stringify(marked(value))
}

export function readMarkedJson(text: string): unknown {
  return unmarked(JSON.parse(text))
}

/** What JSON cannot say of a value goes under a mark. */
function marked(value: unknown): unknown {
  if (value instanceof Date) return { $date: value.toISOString() }
  if (typeof value === 'bigint') return { $bigint: String(value) }
  if (typeof value === 'number' && !isPlain(value)) return { $number: Object.is(value, -0) ? '-0' : String(value) }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return value.map(marked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, marked(member)]))
}

const isPlain = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0)

interface Mark {
  readonly $date?: string
  readonly $bigint?: string
  readonly $number?: string
  readonly $bytes?: string
}

function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked)
  if (typeof value !== 'object' || value === null) return value
  const { $date, $bigint, $number, $bytes } = value as Mark
  if ($date !== undefined) return new Date($date)
  if ($bigint !== undefined) return BigInt($bigint)
  if ($number !== undefined) return Number($number)
  if ($bytes !== undefined) return new Uint8Array(Buffer.from($bytes, 'base64'))
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unmarked(member)]))
}
