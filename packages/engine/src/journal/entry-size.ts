import type { JournalEntry } from '@sluice/store'

/**
 * Characters of authors' data after which as much as goes in one request is full: 500 results of 64 KiB would be more than a server
 * takes at once. Written as JSON a character can be six bytes.
 */
export const fullSize = 2_000_000

/** Characters, roughly, and quickly for the many that only have a small result. */
export function sizeOf(entry: JournalEntry): number {
  if (entry.kind !== 'task') return entry.kind === 'drop' ? 70 * entry.keys.length : JSON.stringify(entry).length
  const { result, error, upstream, unhandled, timeline } = entry.row
  const text = result !== null && 'text' in result ? result.text.length : 0
  const lists = upstream.data.length + unhandled.length + timeline.length
  return text + 70 * lists + (error === null ? 0 : JSON.stringify(error).length)
}
