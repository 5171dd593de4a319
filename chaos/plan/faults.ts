import type { Random } from '../random.ts'

/** What happens to one request on its way. */
export type Fault =
  | { readonly kind: 'none' }
  /** The server never sees it. */
  | { readonly kind: 'drop-request' }
  /** The server has acted, and nobody learns it. */
  | { readonly kind: 'drop-answer' }
  /** The server sees it twice. */
  | { readonly kind: 'twice'; readonly gapMs: number }
  | { readonly kind: 'late'; readonly beforeMs: number; readonly afterMs: number }
  /** Nobody says anything, until the caller gives up. */
  | { readonly kind: 'silence' }

const calm = { dropRequest: 0.01, dropAnswer: 0.015, twice: 0.02, late: 0.03, silence: 0.0005 }
const stormy = { dropRequest: 0.12, dropAnswer: 0.12, twice: 0.12, late: 0.2, silence: 0.002 }

/** The fate of the next request: the n-th request of a proxy has the n-th draw of its seed. */
export function nextFault(random: Random, storm: boolean): Fault {
  const odds = storm ? stormy : calm
  let at = random.next()
  const falls = (share: number): boolean => (at -= share) < 0
  if (falls(odds.dropRequest)) return { kind: 'drop-request' }
  if (falls(odds.dropAnswer)) return { kind: 'drop-answer' }
  if (falls(odds.twice)) return { kind: 'twice', gapMs: random.chance(0.5) ? 0 : random.int(1, 300) }
  if (falls(odds.late)) return { kind: 'late', beforeMs: random.int(0, 400), afterMs: random.int(0, 400) }
  return falls(odds.silence) ? { kind: 'silence' } : { kind: 'none' }
}
