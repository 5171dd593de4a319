import type { Micros } from '@sluice/core'
import type { RunNode } from '../types.ts'
import type { FoldedCounts, PlainGroup } from './plain-counts.ts'
import { RunTally } from './run-tally.ts'

/** A root run as the plain reporter knows it. */
export class PlainRoot {
  readonly tally: RunTally = new RunTally()
  readonly runs: Map<string, PlainRun> = new Map()
  readonly folded: Map<string, FoldedCounts> = new Map()
  readonly active: Map<string, { readonly label: string; readonly since: Micros }> = new Map()
  readonly waiting: Set<string> = new Set()
  /** When this process began with it; the run itself may be older. */
  readonly beganAt: Micros
  finishLines = 0
  /** That it is being cancelled was told. */
  cancelling = false
  lastLineAt: Micros

  constructor(at: Micros) {
    this.beganAt = at
    this.lastLineAt = at
  }
}

/** One flow run: the prefix of its lines, and its groups by name. */
export class PlainRun {
  readonly prefix: string
  readonly #root: PlainRoot
  readonly #groups: Map<string, PlainGroup> = new Map()

  constructor(root: PlainRoot, prefix: string) {
    this.#root = root
    this.prefix = prefix
  }

  group(name: string): PlainGroup {
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const group = {
      label: this.prefix + name,
      finishes: 0,
      failures: 0,
      retries: 0,
      progressAt: -Infinity,
      folded: this.#foldedOf(name),
    }
    this.#groups.set(name, group)
    return group
  }

  #foldedOf(name: string): FoldedCounts {
    const known = this.#root.folded.get(name)
    if (known !== undefined) return known
    const folded = { name, done: 0, failed: 0, retried: 0, total: 0 }
    this.#root.folded.set(name, folded)
    return folded
  }
}

/** What people call a run: its own name where it has one, else its flow's. */
export function runLabel(run: RunNode): string {
  return run.name === '' || run.name === run.flow ? run.flow : run.name
}
