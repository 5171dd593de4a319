import { patternOf } from './secret-pattern.ts'

/** What stands for a secret wherever it is shown, whatever its length. */
export const mask = '********'

// A shorter one would mask ordinary words.
const shortest = 4
// The text of a secret lives on in clients after the Secret itself is collected, so values are kept: the newest of them.
const most = 500

/**
 * A pattern per secret, oldest first. One expression for all would have to be compiled again, in tens of milliseconds,
 * for every new one. Shared by all copies of this package in the process: a log of one masks the secrets of another.
 */
const patterns = sharedPatterns()

/** From now on {@link maskSecrets} masks this value. */
export function rememberSecret(value: string): void {
  if (value.length < shortest || patterns.has(value)) return
  for (const oldest of patterns.keys()) {
    if (patterns.size < most) break
    patterns.delete(oldest)
  }
  patterns.set(value, new RegExp(patternOf(value), 'g'))
}

/**
 * The text with 8 asterisks in place of every secret value of 4 or more characters that this process knows, also where it
 * stands percent-encoded or escaped for JSON. The values of the newest 500 secrets are known.
 */
export function maskSecrets(text: string): string {
  const spans: Span[] = []
  for (const pattern of patterns.values()) {
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      spans.push([match.index, pattern.lastIndex])
    }
  }
  return spans.length === 0 ? text : without(text, spans)
}

type Span = readonly [start: number, end: number]

/** Secrets that overlap or contain each other go together. */
function without(text: string, spans: readonly Span[]): string {
  let masked = ''
  let done = 0
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    if (start >= done) masked += text.slice(done, start) + mask
    done = Math.max(done, end)
  }
  return masked + text.slice(done)
}

function sharedPatterns(): Map<string, RegExp> {
  const place = globalThis as { [key: symbol]: Map<string, RegExp> | undefined }
  return (place[Symbol.for('sluice.secrets.v1')] ??= new Map())
}
