import type { Trip } from './trip.ts'

/** Trips as CSV without a header, in pieces of about 64 KiB. */
export async function* csvLines(trips: Iterable<Trip> | AsyncIterable<Trip>): AsyncGenerator<string> {
  let piece = ''
  for await (const trip of trips) {
    piece += `${trip.map(csvField).join(',')}\n`
    if (piece.length >= 65_536) {
      yield piece
      piece = ''
    }
  }
  yield piece
}

function csvField(field: string | null): string {
  if (field === null) return ''
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
