import type { AuditEntry } from '../audit/read-books.ts'
import type { LedgerLine } from '../ledger.ts'
import type { Evidence, Finding } from './evidence.ts'

/** The mapping between two clocks is not exact. In µs. */
const tolerance = 5_000

/** A limit is never held by more than it has slots: not in the database, and not by bodies of owners that are still the owners. */
export function overfullLimits(evidence: Evidence): readonly Finding[] {
  const limits = Object.entries(evidence.books.limits)
  return [
    ...limits.flatMap(([name, size]) => overGranted(name, size, evidence.books.entries)),
    ...limits.flatMap(([name, size]) => overUsed(name, size, evidence)),
  ]
}

function overGranted(name: string, size: number, entries: readonly AuditEntry[]): readonly Finding[] {
  let held = 0
  const findings: Finding[] = []
  for (const { kind, note, a, root, key } of entries) {
    if (note !== name || (kind !== 'held' && kind !== 'freed')) continue
    held += kind === 'held' ? (a ?? 0) : -(a ?? 0)
    if (held > size)
      findings.push({
        law: 'limits hold',
        root,
        problem: `${held} of ${size} slots of ${name} granted, last to ${key}`,
      })
  }
  return findings
}

interface Interval {
  readonly from: number
  readonly to: number
  readonly line: LedgerLine
}

function overUsed(name: string, size: number, evidence: Evidence): readonly Finding[] {
  const edges = intervalsOf(name, evidence).flatMap(({ from, to, line }) => [
    { at: from, by: 1, line },
    { at: to, by: -1, line },
  ])
  let held = 0
  const findings: Finding[] = []
  for (const { by, line } of edges.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
    held += by
    if (held > size && by > 0)
      findings.push({
        law: 'limits hold',
        root: line.root,
        problem: `${held} bodies inside ${name} (${size}), last on ${line.machine}`,
      })
  }
  return findings
}

/** From the first line inside a limit to the last, or to when another epoch took over: whoever is superseded holds nothing. */
function intervalsOf(name: string, { ledger, books, clockOffset }: Evidence): readonly Interval[] {
  const bumps = Map.groupBy(
    books.entries.filter(({ kind }) => kind === 'epoch'),
    ({ root }) => root,
  )
  const frees = new Map(
    ledger
      .filter(({ event, note: _, task }) => event === 'free' && task === name)
      .map((line) => [sameHold(line), line]),
  )
  return ledger
    .filter(({ event, task }) => event === 'hold' && task === name)
    .flatMap((line) => {
      const superseded = bumps.get(line.root)?.find(({ a }) => a === line.epoch)
      const lost = superseded ? superseded.at - clockOffset - tolerance : Number.POSITIVE_INFINITY
      const free = frees.get(sameHold(line))?.t ?? line.t
      const to = Math.min(free, lost)
      return to > line.t ? [{ from: line.t, to, line }] : []
    })
}

const sameHold = ({ root, run, key, epoch, attempt, task, note }: LedgerLine): string =>
  [root, run, key, epoch, attempt, task, note].join(' ')
