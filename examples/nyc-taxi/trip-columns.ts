export type ColumnType = 'integer' | 'double' | 'timestamp' | 'text'

export interface TripColumn {
  readonly name: string
  readonly type: ColumnType
  /** How the files spell it, in lower case. */
  readonly spellings: readonly string[]
}

/** Yellow and green taxis in one shape. The files disagree on spelling, on order, and on which columns there are. */
export const tripColumns: readonly TripColumn[] = [
  column('vendor_id', 'integer', 'vendorid'),
  column('pickup_datetime', 'timestamp', 'tpep_pickup_datetime', 'lpep_pickup_datetime'),
  column('dropoff_datetime', 'timestamp', 'tpep_dropoff_datetime', 'lpep_dropoff_datetime'),
  column('passenger_count', 'integer'),
  column('trip_distance', 'double'),
  column('rate_code_id', 'integer', 'ratecodeid'),
  column('store_and_fwd_flag', 'text'),
  column('pickup_location_id', 'integer', 'pulocationid'),
  column('dropoff_location_id', 'integer', 'dolocationid'),
  column('payment_type', 'integer'),
  column('fare_amount', 'double'),
  column('extra', 'double'),
  column('mta_tax', 'double'),
  column('tip_amount', 'double'),
  column('tolls_amount', 'double'),
  column('improvement_surcharge', 'double'),
  column('total_amount', 'double'),
  column('congestion_surcharge', 'double'),
  column('ehail_fee', 'double'),
  column('trip_type', 'integer'),
]

function column(name: string, type: ColumnType, ...spellings: readonly string[]): TripColumn {
  return { name, type, spellings: [name, ...spellings] }
}

export const tripColumnNames: readonly string[] = tripColumns.map(({ name }) => name)

/** Where each of our columns is in a file; −1 when the file has none. Refuses a file with a column that nobody knows. */
export function placesOf(header: readonly string[]): readonly number[] {
  const names = header.map((name) => name.trim().toLowerCase())
  const known = new Set(tripColumns.flatMap(({ spellings }) => spellings))
  const strange = names.filter((name) => !known.has(name))
  if (strange.length > 0) throw new Error(`the file has columns that no trip has: ${strange.join(', ')}`)
  const places = tripColumns.map(({ spellings }) => names.findIndex((name) => spellings.includes(name)))
  if (places[1] === -1) throw new Error(`the file has no pickup time; its columns are ${names.join(', ')}`)
  return places
}
