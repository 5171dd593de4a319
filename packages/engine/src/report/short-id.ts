/**
 * Enough of a UUIDv7 to name one run in practice and short enough to copy: the millisecond and the twelve bits after it
 * (the time alone would be shared with a child run that starts in the same millisecond).
 */
export function shortId(id: string): string {
  return id.slice(0, 18)
}
