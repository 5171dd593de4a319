import type { IcebergType, PrimitiveType } from '../../format/schema.ts'

const numbers: readonly PrimitiveType[] = ['int', 'long', 'float', 'double']

/** The type that holds the values of both; undefined: no value yet. What has nothing in common becomes text. */
export function unifyTypes(a: IcebergType | undefined, b: IcebergType | undefined): IcebergType | undefined {
  if (a === undefined || b === undefined) return a ?? b
  if (typeof a !== 'string' || typeof b !== 'string') return sameShape(a, b) ? a : unifyNested(a, b)
  if (a === b) return a
  if (numbers.includes(a) && numbers.includes(b)) {
    const wider = numbers[Math.max(numbers.indexOf(a), numbers.indexOf(b))]
    // An int beside a float: only a double holds both.
    return wider === 'float' ? 'double' : wider
  }
  if ((a === 'date' && b === 'timestamp') || (a === 'timestamp' && b === 'date')) return 'timestamp'
  return unifyDecimals(a, b) ?? 'string'
}

function unifyDecimals(a: PrimitiveType, b: PrimitiveType): PrimitiveType | undefined {
  const [x, y] = [decimalOf(a), decimalOf(b)]
  if (x === undefined || y === undefined) return undefined
  const scale = Math.max(x.scale, y.scale)
  const precision = Math.max(x.precision - x.scale, y.precision - y.scale) + scale
  return precision > 38 ? undefined : `decimal(${precision}, ${scale})`
}

function decimalOf(type: PrimitiveType): { readonly precision: number; readonly scale: number } | undefined {
  if (type === 'int') return { precision: 10, scale: 0 }
  if (type === 'long') return { precision: 19, scale: 0 }
  const parts = /^decimal\((?<precision>\d+),\s*(?<scale>\d+)\)$/.exec(type)?.groups
  return parts && { precision: Number(parts['precision']), scale: Number(parts['scale']) }
}

function unifyNested(a: IcebergType, b: IcebergType): IcebergType {
  if (typeof a === 'string' || typeof b === 'string') return 'string'
  if (a.type === 'list' && b.type === 'list') return { ...a, element: unifyTypes(a.element, b.element) ?? 'string' }
  if (a.type === 'map' && b.type === 'map' && sameShape(a.key, b.key))
    return { ...a, value: unifyTypes(a.value, b.value) ?? 'string' }
  if (a.type !== 'struct' || b.type !== 'struct') return 'string'
  const others = new Map(b.fields.map((field) => [field.name, field]))
  const fields = a.fields.map((field) => {
    const other = others.get(field.name)
    others.delete(field.name)
    return other === undefined ? field : { ...field, type: unifyTypes(field.type, other.type) ?? 'string' }
  })
  return { ...a, fields: [...fields, ...others.values()] }
}

/** Equal but for ids. */
function sameShape(a: IcebergType, b: IcebergType): boolean {
  return shapeText(a) === shapeText(b)
}

function shapeText(type: IcebergType): string {
  return JSON.stringify(type, (key, value: unknown) => (/(?:^|-)id$/.test(key) ? undefined : value))
}
