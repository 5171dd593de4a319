import { placesOf, tripColumns } from './trip-columns.ts'

/** A value as the file has it: text, except that whole numbers are whole (`1.0` is `1`) and an empty field is null. */
export type Field = string | null

/** A trip in the order of `tripColumns`. */
export type Trip = readonly Field[]

export const passengerCount: number = tripColumns.findIndex(({ name }) => name === 'passenger_count')

/** Turns the records of one file into trips, whatever that month's spelling, order and types are. */
export function tripReader(header: readonly string[]): (record: readonly string[]) => Trip {
  const places = placesOf(header)
  const width = header.length
  const integers = tripColumns.map(({ type }) => type === 'integer')
  return (record) => {
    if (record.length !== width)
      throw new Error(`a record has ${record.length} fields, its header has ${width}: ${record.join(',')}`)
    return places.map((place, index) => {
      const field = place === -1 ? '' : (record[place] ?? '')
      if (field === '') return null
      // A month with gaps was written as floating point by whoever exported it.
      return integers[index] === true && field.endsWith('.0') ? field.slice(0, -2) : field
    })
  }
}
