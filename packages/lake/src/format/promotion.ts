import { decimalOf } from './primitive-type.ts'
import type { PrimitiveType } from './schema.ts'

/** Whether a column may become this type ("Schema Evolution", version 2): what is written as the old one still reads. */
export function canPromote(from: PrimitiveType, to: PrimitiveType): boolean {
  if (from === to) return true
  if (from === 'int') return to === 'long'
  if (from === 'float') return to === 'double'
  const [before, after] = [decimalOf(from), decimalOf(to)]
  return (
    before !== undefined && after !== undefined && before.scale === after.scale && before.precision <= after.precision
  )
}

/** Whether every value of the first type is one of the second: such a column needs no change to hold them. */
export function fitsInto(value: PrimitiveType, column: PrimitiveType): boolean {
  const [narrow, wide] = [decimalOf(value), decimalOf(column)]
  if (narrow !== undefined && wide !== undefined) {
    return narrow.scale <= wide.scale && narrow.precision - narrow.scale <= wide.precision - wide.scale
  }
  if (value === 'int') return column === 'long' || column === 'double' || column === 'int'
  return value === column || (value === 'float' && column === 'double')
}
