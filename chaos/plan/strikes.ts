import { type Random, seeded } from '../random.ts'
import { type PlanOptions, servers, workers } from './plan.ts'

/** Something that goes wrong on purpose, at its time. */
export interface Strike {
  readonly kind: StrikeKind
  readonly atMs: number
  /** Which of the servers or workers; of the machines: workers first. */
  readonly target: number
  /** How long it stays away or stopped; by how much a clock is wrong. */
  readonly ms: number
}

export const strikeKinds = [
  'kill-worker',
  'kill-child',
  'kill-server',
  'drain-worker',
  'end-server',
  'restart-postgres',
  'stop-worker',
  'stop-machine',
  'stop-child',
  'stop-server',
  'step-clock',
  'storm',
] as const

export type StrikeKind = (typeof strikeKinds)[number]

/** Of one kind, on average, in ms: children die often, databases rarely. */
const everyMs: Readonly<Record<StrikeKind, number>> = {
  'kill-worker': 12_000,
  'kill-child': 4_000,
  'kill-server': 20_000,
  'drain-worker': 35_000,
  'end-server': 40_000,
  'restart-postgres': 45_000,
  'stop-worker': 30_000,
  'stop-machine': 40_000,
  'stop-child': 20_000,
  'stop-server': 45_000,
  'step-clock': 10_000,
  storm: 25_000,
}

/** Each kind at least once, however short the plan. */
export function planStrikes(options: PlanOptions): readonly Strike[] {
  const kinds = strikeKinds.filter((kind) => kind !== 'restart-postgres' || options.database === 'postgres')
  return kinds.flatMap((kind) => strikesOf(kind, options)).toSorted((a, b) => a.atMs - b.atMs)
}

function strikesOf(kind: StrikeKind, options: PlanOptions): readonly Strike[] {
  const random = seeded(options.seed, kind)
  const count = Math.max(1, Math.round(options.chaosMs / everyMs[kind]))
  const share = options.chaosMs / count
  return Array.from({ length: count }, (_, index) => ({
    kind,
    atMs: Math.floor(share * (index + 0.1 + 0.8 * random.next())),
    target: random.int(0, targetsOf(kind, options) - 1),
    ms: lengthOf(kind, options, random),
  }))
}

function targetsOf(kind: StrikeKind, { database }: PlanOptions): number {
  if (kind === 'step-clock') return workers.length + servers[database]
  return kind.endsWith('server') ? servers[database] : workers.length
}

function lengthOf(kind: StrikeKind, { leaseMs }: PlanOptions, random: Random): number {
  if (kind.startsWith('stop-')) return Math.round(leaseMs * (1.1 + random.next()))
  if (kind === 'step-clock') return random.pick([-3_600_000, -30_000, -900, 0, 900, 30_000, 3_600_000, 86_400_000])
  if (kind === 'storm') return random.int(1_000, 3_000)
  return random.int(0, 1_500)
}
