/**
 * The candidate that `word` was probably meant to be, for "did you mean": at most a third of its letters differ.
 *
 * @example
 * nearest('retrys', ['retries', 'timeout']) // 'retries'
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.floor(Math.max(word.length, 3) / 3) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Levenshtein distance by rows; words whose lengths alone differ by `limit` are not compared. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 0; row < a.length; row++) above = nextRow(above, row, a.charAt(row), b)
  return above.reduce((_, corner) => corner)
}

/** The costs of turning `row + 1` letters of one word into every beginning of the other, from those of `row` letters. */
function nextRow(above: readonly number[], row: number, letter: string, b: string): number[] {
  const current = [row + 1]
  let left = row + 1
  let diagonal = row
  for (const [column, up] of above.slice(1).entries()) {
    left = Math.min(diagonal + (b.charAt(column) === letter ? 0 : 1), up + 1, left + 1)
    current.push(left)
    diagonal = up
  }
  return current
}
