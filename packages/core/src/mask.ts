import { patternOf } from './secret-pattern.ts'

/** What stands for a secret wherever it is shown, whatever its length. */
export const mask = '********'

// A shorter one would mask ordinary words.
const shortest = 4
// Values, not objects: the text of a secret lives on in clients after the Secret itself is collected. The oldest goes first.
const most = 500

interface Registry {
  readonly values: Set<string>
  changes: number
}

/** One registry for all copies of this package in the process: a log of one masks the secrets of another. */
const registry = sharedRegistry()
let pattern: RegExp | undefined
let patternOfChange = 0

/** From now on {@link maskSecrets} masks this value. */
export function rememberSecret(value: string): void {
  if (value.length < shortest || registry.values.has(value)) return
  for (const oldest of registry.values) {
    if (registry.values.size < most) break
    registry.values.delete(oldest)
  }
  registry.values.add(value)
  registry.changes += 1
}

/**
 * The text with every secret value that this process knows replaced by {@link mask}, also where it stands
 * percent-encoded or escaped for JSON.
 */
export function maskSecrets(text: string): string {
  if (registry.values.size === 0) return text
  return text.replace(currentPattern(), mask)
}

function currentPattern(): RegExp {
  if (pattern === undefined || patternOfChange !== registry.changes) {
    // Longest first: a secret that contains another is masked whole.
    const values = [...registry.values].toSorted((a, b) => b.length - a.length)
    pattern = new RegExp(values.map(patternOf).join('|'), 'g')
    patternOfChange = registry.changes
  }
  return pattern
}

function sharedRegistry(): Registry {
  const place = globalThis as { [key: symbol]: Registry | undefined }
  return (place[Symbol.for('sluice.secrets.v1')] ??= { values: new Set(), changes: 0 })
}
