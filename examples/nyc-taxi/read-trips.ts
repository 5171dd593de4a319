import { csvRecords } from './csv.ts'
import { openCsv } from './open-location.ts'
import { type Trip, tripReader } from './trip.ts'

/** The trips at a location, one after the other. */
export async function* readTrips(location: string, signal: AbortSignal): AsyncGenerator<Trip> {
  let read: ReturnType<typeof tripReader> | undefined
  for await (const records of csvRecords(await openCsv(location, signal))) {
    for (const record of records) {
      if (read === undefined) read = tripReader(record)
      else yield read(record)
    }
  }
}

/** What a CSV file holds: its column names as it spells them, and how many records follow, each of that many fields. */
export interface CsvFacts {
  readonly header: readonly string[]
  readonly records: number
}

/** Reads a file once through. A record that is shorter or longer than the header is an error that shows it. */
export async function inspectCsv(location: string, signal: AbortSignal): Promise<CsvFacts> {
  let header: readonly string[] | undefined
  let records = -1
  for await (const group of csvRecords(await openCsv(location, signal))) {
    header ??= group[0]
    const odd = group.find((record) => record.length !== header?.length)
    if (odd !== undefined)
      throw new Error(`a record has ${odd.length} fields, its header has ${header?.length}: ${odd.join(',')}`)
    records += group.length
  }
  if (header === undefined) throw new Error(`${location} is empty`)
  return { header, records }
}

/**
 * Trips in chunks of `size`. A chunk is a stream of its own, to be read to its end before the next one is asked for:
 * a file of any length stays flat in memory.
 */
export async function* tripChunks(trips: AsyncGenerator<Trip>, size: number): AsyncGenerator<AsyncIterable<Trip>> {
  let next = await trips.next()
  const chunk = async function* (): AsyncGenerator<Trip> {
    for (let count = 0; count < size && next.done !== true; count++) {
      yield next.value
      next = await trips.next()
    }
  }
  try {
    while (next.done !== true) yield chunk()
  } finally {
    await trips.return(undefined)
  }
}
