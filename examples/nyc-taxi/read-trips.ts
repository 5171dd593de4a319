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

/**
 * The same in chunks of `size`. A chunk is a stream of its own, to be read to its end before the next one is asked for:
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
