/** The beginning of a text, at most `length` characters and a note of how many are missing. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text
  const head = text.slice(0, length).replace(brokenPair, '')
  return `${head}… (${text.length - head.length} more characters)`
}

/** The beginning and the end of a text: of a stack both the message and the frames matter. */
export function clipMiddle(text: string, length: number): string {
  if (text.length <= length) return text
  const half = Math.floor(length / 2)
  return `${text.slice(0, half).replace(brokenPair, '')}…${text.slice(-half).toWellFormed()}`
}

// Half of a surrogate pair at the cut, which a database could refuse.
const brokenPair = /[\uD800-\uDBFF]$/
