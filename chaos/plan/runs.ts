import { type Kind, kinds, results, type Work } from '../expected.ts'
import { type Random, seeded } from '../random.ts'
import type { PlanOptions } from './plan.ts'

/** A run to be fed: which, when, and what it must end with. */
export interface PlannedRun {
  /** Its name, and its idempotency key. */
  readonly name: string
  readonly kind: Kind
  readonly work: Work
  /** After the beginning, in ms. */
  readonly atMs: number
  /** Undefined: cancelled so long after it was fed. */
  readonly result: number | undefined
  /** How long whoever answers, tells or cancels takes. */
  readonly patienceMs: number
}

/** Not everything is equally common: what is made of many tasks, and what starts others, is what breaks. */
const weights: Readonly<Record<Kind, number>> = {
  chain: 5,
  fan: 3,
  family: 2,
  tree: 3,
  flaky: 2,
  stumbling: 2,
  handled: 2,
  sleeper: 2,
  asker: 2,
  listener: 2,
  limited: 4,
  bulky: 1,
  blocked: 1,
}

const fedShare = 0.85

export function planRuns({ seed, runs, chaosMs }: PlanOptions): readonly PlannedRun[] {
  const random = seeded(seed, 'runs')
  const bag = kinds.flatMap((kind) => Array<Kind>(weights[kind]).fill(kind))
  return Array.from({ length: runs }, (_, index) => {
    // The first ones are of each kind: a short plan must not leave one out.
    const kind = kinds[index] ?? random.pick(bag as [Kind, ...Kind[]])
    const work = { seed: 1_000 * (index + 1) + random.int(0, 999), ...sizeOf(kind, random) }
    const atMs = Math.floor((index / runs) * chaosMs * fedShare)
    const name = `${seed}-${index}-${kind}`
    return { name, kind, work, atMs, result: results[kind](work), patienceMs: patience(random) }
  })
}

/** Mostly short, sometimes long enough for a process to be given up. */
const patience = (random: Random): number => (random.chance(0.15) ? random.int(6_000, 9_000) : random.int(50, 1_500))

function sizeOf(kind: Kind, random: Random): Omit<Work, 'seed'> {
  const ms = random.chance(0.05) ? random.int(500, 2_000) : random.int(1, 60)
  if (kind === 'fan') return { count: random.int(2, 30), ms }
  if (kind === 'sleeper') return { count: random.int(50, 3_000), ms }
  if (kind === 'bulky') return { count: random.int(70, 400), ms }
  if (kind === 'tree' || kind === 'family') return { count: random.int(2, 4), ms }
  return { count: random.int(3, 10), ms }
}
