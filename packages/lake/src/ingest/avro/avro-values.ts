import { identifier } from '../../duckdb/quote.ts'
import { type AvroSchema, isUnion, withoutNull } from '../../format/avro/avro-schema.ts'

/** How values of one Avro schema become JSON that DuckDB reads as exactly that type. */
export interface AvroColumn {
  /** DuckDB's type of the JSON value. */
  readonly read: string
  /** Bytes are hexadecimal in JSON. */
  readonly isBytes: boolean
  readonly convert: (value: unknown) => unknown
}

const plain: Readonly<Record<string, string>> = {
  null: 'VARCHAR',
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  string: 'VARCHAR',
}

/** Follows the writer's schema: nothing is guessed. Unions of several types become text. */
export function avroColumn(schema: AvroSchema, named: ReadonlyMap<string, AvroSchema>): AvroColumn {
  const bare = withoutNull(schema)
  if (isUnion(bare)) return asIs('VARCHAR')
  const known = typeof bare === 'string' ? (named.get(bare) ?? bare) : bare
  if (typeof known === 'string') return primitive(known)
  if (isUnion(known)) return asIs('VARCHAR')
  switch (known.type) {
    case 'record':
      return recordColumn(known.fields, named)
    case 'array': {
      const item = avroColumn(known.items, named)
      return {
        read: `${item.read}[]`,
        isBytes: false,
        convert: orNull((list) => (list as unknown[]).map(item.convert)),
      }
    }
    case 'map': {
      const item = avroColumn(known.values, named)
      const convert = (map: unknown): unknown =>
        new Map([...(map as ReadonlyMap<string, unknown>)].map(([key, value]) => [key, item.convert(value)]))
      return { read: `MAP(VARCHAR, ${item.read})`, isBytes: false, convert: orNull(convert) }
    }
    case 'enum':
      return asIs('VARCHAR')
    default:
      return logical(known)
  }
}

function recordColumn(
  fields: readonly { readonly name: string; readonly type: AvroSchema }[],
  named: ReadonlyMap<string, AvroSchema>,
): AvroColumn {
  const columns = fields.map(({ name, type }) => ({ name, ...avroColumn(type, named) }))
  const members = columns.map(({ name, read }) => `${identifier(name)} ${read}`).join(', ')
  const convert = (values: unknown): unknown =>
    Object.fromEntries(columns.map((column, i) => [column.name, column.convert((values as readonly unknown[])[i])]))
  return { read: `STRUCT(${members})`, isBytes: false, convert: orNull(convert) }
}

interface Annotated {
  readonly type: string
  readonly logicalType?: string
  readonly precision?: number
  readonly scale?: number
}

function logical({ type, logicalType, precision = 38, scale = 0 }: Annotated): AvroColumn {
  switch (logicalType) {
    case 'date':
      return {
        ...asIs('DATE'),
        convert: orNull((days) => isoText(BigInt(days as number) * 86_400_000_000n).slice(0, -16)),
      }
    case 'time-millis':
      return { ...asIs('TIME'), convert: orNull((ms) => isoText(BigInt(ms as number) * 1000n).slice(-15)) }
    case 'time-micros':
      return { ...asIs('TIME'), convert: orNull((micros) => isoText(BigInt(micros as number)).slice(-15)) }
    case 'timestamp-millis':
    case 'timestamp-micros':
    case 'local-timestamp-millis':
    case 'local-timestamp-micros':
      return timestamp(logicalType)
    case 'decimal':
      return {
        ...asIs(`DECIMAL(${precision},${scale})`),
        convert: orNull((bytes) => decimalText(bytes as Uint8Array, scale)),
      }
    default:
      return type === 'fixed' ? primitive('bytes') : primitive(type)
  }
}

function timestamp(kind: string): AvroColumn {
  const unit = kind.endsWith('millis') ? 1000n : 1n
  const [read, zone] = kind.startsWith('local') ? ['TIMESTAMP', ''] : ['TIMESTAMP WITH TIME ZONE', 'Z']
  return { read, isBytes: false, convert: orNull((time) => isoText(BigInt(time as number) * unit) + zone) }
}

function primitive(type: string): AvroColumn {
  return type === 'bytes' ? { ...asIs('VARCHAR'), isBytes: true } : asIs(plain[type] ?? 'VARCHAR')
}

function asIs(read: string): AvroColumn {
  return { read, isBytes: false, convert: (value) => value }
}

function orNull(convert: (value: unknown) => unknown): (value: unknown) => unknown {
  return (value) => (value === null || value === undefined ? null : convert(value))
}

/** `1970-01-01T00:00:00.000000` of microseconds since then. */
function isoText(micros: bigint): string {
  const below = ((micros % 1000n) + 1000n) % 1000n
  const text = new Date(Number((micros - below) / 1000n)).toISOString().replace(/^\+0*/, '').slice(0, -1)
  return text + below.toString().padStart(3, '0')
}

/** The digits of an unscaled big-endian integer. */
function decimalText(bytes: Uint8Array, scale: number): string {
  const unsigned = BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
  const value = BigInt.asIntN(bytes.length * 8, unsigned)
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return value < 0n ? `-${text}` : text
}
