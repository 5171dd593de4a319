import { type Random, seeded } from '../random.ts'

/** What one writer has in a table: values by number. Numbers of two writers are never the same. */
export type Held = ReadonlyMap<number, number>
/** By table. A table that is not there is not in it. */
export type World = ReadonlyMap<string, Held>

export interface Row {
  readonly w: number
  readonly n: number
  readonly v: number
}

export type LakeAct =
  | { readonly kind: 'append' | 'replace' | 'merge'; readonly rows: readonly Row[]; readonly branch?: string }
  | { readonly kind: 'overwrite'; readonly rows: readonly Row[] }
  | { readonly kind: 'delete'; readonly numbers: readonly number[] }
  /** Its rows break a check: it is to be blocked, and then dropped or published by force. */
  | {
      readonly kind: 'blocked'
      readonly rows: readonly Row[]
      readonly force: boolean
      readonly how: 'append' | 'merge'
      /** Loaded before it is published, which so comes to a table that has moved. */
      readonly meanwhile: readonly Row[]
    }
  /** Some of its rows do not fit; they are replayed, mended. */
  | { readonly kind: 'quarantined'; readonly rows: readonly Row[]; readonly bad: readonly Row[] }
  | { readonly kind: 'tag' | 'rollback' | 'branch' | 'unbranch' | 'release' | 'unrelease'; readonly name: string }
  | { readonly kind: 'drop' | 'compact' | 'expire' | 'sweep' | 'widen' }

export interface LakeStep {
  readonly table: string
  readonly id: string
  readonly act: LakeAct
  /** Everything this writer has once the step is done. */
  readonly after: World
}

export const sharedTable = 'a.shared'
export const checkedTable = 'a.checked'
export const ownTable = (writer: number): string => `o.w${writer}`
/** Own, too, with checks. */
export const guardedTable = (writer: number): string => `g.w${writer}`
/** A branch's rows stand beside those of tables. */
export const branchPlace = (table: string, branch: string): string => `${table}@${branch}`

/** What a writer does: a pure function of the seed, with what it comes to. */
export function lakePlan(seed: number, writer: number, commits: number): readonly LakeStep[] {
  const planner = new Planner(seeded(seed, `lake writer ${writer}`), writer)
  return Array.from({ length: commits }, (_, at) => planner.step(at))
}

class Planner {
  readonly #random: Random
  readonly #writer: number
  readonly #world = new Map<string, Held>()
  /** Rows under a tag or release of the own table. */
  readonly #names = new Map<string, { readonly kind: 'tag' | 'release'; readonly held: Held }>()
  #branch: string | undefined
  #next = 0

  constructor(random: Random, writer: number) {
    this.#random = random
    this.#writer = writer
  }

  step(at: number): LakeStep {
    const { table, act } = this.#pick(at)
    return { table, act, id: `w${this.#writer}-${at}`, after: new Map(this.#world) }
  }

  #pick(at: number): Pick<LakeStep, 'table' | 'act'> {
    const dice = this.#random.next()
    if (at > 0 && dice < 0.2) return this.#upkeep()
    if (dice < 0.45) return this.#rows(sharedTable, at)
    if (dice < 0.6) return this.#checked(checkedTable, at)
    if (dice < 0.68) return this.#checked(guardedTable(this.#writer), at)
    return this.#own(at)
  }

  #upkeep(): Pick<LakeStep, 'table' | 'act'> {
    const table = this.#random.pick([sharedTable, checkedTable, ownTable(this.#writer)])
    return { table, act: { kind: this.#random.pick(['compact', 'compact', 'expire', 'expire', 'sweep'] as const) } }
  }

  #rows(table: string, at: number): Pick<LakeStep, 'table' | 'act'> {
    const held = this.#held(table)
    const kind =
      held.size === 0 ? 'append' : this.#random.pick(['append', 'append', 'merge', 'overwrite', 'delete'] as const)
    if (kind === 'delete') return this.#delete(table, held)
    const fresh = this.#fresh(at)
    if (kind === 'append') return this.#put(table, { kind, rows: fresh }, new Map([...held, ...valuesOf(fresh)]))
    if (kind === 'overwrite') return this.#put(table, { kind, rows: fresh }, valuesOf(fresh))
    const rows = [...this.#some(held).map((n) => ({ w: this.#writer, n, v: at })), ...fresh]
    return this.#put(table, { kind, rows }, new Map([...held, ...valuesOf(rows)]))
  }

  #delete(table: string, held: Held): Pick<LakeStep, 'table' | 'act'> {
    const numbers = this.#some(held)
    const left = [...held].filter(([n]) => !numbers.includes(n))
    return this.#put(table, { kind: 'delete', numbers }, new Map(left))
  }

  #checked(table: string, at: number): Pick<LakeStep, 'table' | 'act'> {
    const held = this.#held(table)
    if (held.size === 0 || this.#random.chance(0.6)) return this.#rows(table, at)
    const [first, ...others] = this.#fresh(at)
    // The same number twice: whatever else is there, that is blocked. Below zero: that may be published all the same.
    const force = table !== checkedTable && this.#random.chance(0.5)
    const rows = first
      ? [first, force ? { ...first, n: this.#writer * 1_000_000 + this.#next++, v: -1 } : first, ...others]
      : []
    if (!force) return { table, act: { kind: 'blocked', rows, force, how: 'append', meanwhile: [] } }
    const meanwhile = this.#random.chance(0.6) ? this.#fresh(at) : []
    const how = this.#random.pick(['append', 'merge', 'merge'] as const)
    const changed = how === 'merge' ? this.#some(held).map((n) => ({ w: this.#writer, n, v: at })) : []
    const all = [...changed, ...rows]
    // Mended at once, lest everything after it is blocked as well: the planner says it by the rows that it deletes next.
    return this.#put(
      table,
      { kind: 'blocked', rows: all, force, how, meanwhile },
      new Map([...held, ...valuesOf(meanwhile), ...valuesOf(all)].filter(([, v]) => v >= 0)),
    )
  }

  #own(at: number): Pick<LakeStep, 'table' | 'act'> {
    const table = ownTable(this.#writer)
    const held = this.#world.get(table)
    if (held === undefined || this.#random.chance(0.3)) return this.#rows(table, at)
    const kind = this.#random.pick([
      'replace',
      'tag',
      'rollback',
      'branch',
      'branch',
      'drop',
      'release',
      'quarantined',
      'widen',
    ] as const)
    if (kind === 'widen') return { table, act: { kind } }
    if (kind === 'drop') return this.#drop(table, at)
    if (kind === 'tag' || kind === 'release') return this.#name(table, kind, `t${at}`, held)
    if (kind === 'rollback') return this.#rollback(table, at)
    if (kind === 'branch') return this.#branching(table, at, held)
    if (kind === 'quarantined') {
      const [rows, bad] = [this.#fresh(at), this.#fresh(at)]
      return this.#put(table, { kind, rows, bad }, new Map([...held, ...valuesOf([...rows, ...bad])]))
    }
    const rows = this.#fresh(at)
    return this.#put(table, { kind, rows }, valuesOf(rows))
  }

  #drop(table: string, at: number): Pick<LakeStep, 'table' | 'act'> {
    if (!this.#random.chance(0.3)) return this.#rows(table, at)
    this.#world.delete(table)
    if (this.#branch !== undefined) this.#world.delete(branchPlace(table, this.#branch))
    this.#branch = undefined
    this.#names.clear()
    return { table, act: { kind: 'drop' } }
  }

  #name(table: string, kind: 'tag' | 'release', name: string, held: Held): Pick<LakeStep, 'table' | 'act'> {
    const full = kind === 'tag' ? name : `w${this.#writer}-${name}`
    this.#names.set(full, { kind, held })
    return { table, act: { kind, name: full } }
  }

  #rollback(table: string, at: number): Pick<LakeStep, 'table' | 'act'> {
    const [first, ...others] = this.#names.keys()
    if (first === undefined) return this.#rows(table, at)
    const name = this.#random.pick([first, ...others])
    const { kind, held } = this.#names.get(name) ?? { kind: 'tag', held: new Map<number, number>() }
    return this.#put(table, { kind: kind === 'tag' ? 'rollback' : 'unrelease', name }, held)
  }

  #branching(table: string, at: number, held: Held): Pick<LakeStep, 'table' | 'act'> {
    if (this.#branch === undefined) {
      this.#branch = `b${at}`
      this.#world.set(branchPlace(table, this.#branch), held)
      return { table, act: { kind: 'branch', name: this.#branch } }
    }
    const place = branchPlace(table, this.#branch)
    if (this.#random.chance(0.3)) {
      const name = this.#branch
      this.#branch = undefined
      this.#world.delete(place)
      return { table, act: { kind: 'unbranch', name } }
    }
    const rows = this.#fresh(at)
    this.#world.set(place, new Map([...this.#held(place), ...valuesOf(rows)]))
    return { table, act: { kind: 'append', rows, branch: this.#branch } }
  }

  #put(table: string, act: LakeAct, held: Held): Pick<LakeStep, 'table' | 'act'> {
    this.#world.set(table, held)
    return { table, act }
  }

  #held(place: string): Held {
    return this.#world.get(place) ?? new Map()
  }

  #fresh(at: number): readonly Row[] {
    return Array.from({ length: this.#random.int(1, 4) }, () => ({
      w: this.#writer,
      n: this.#writer * 1_000_000 + this.#next++,
      v: at,
    }))
  }

  #some(held: Held): readonly number[] {
    const kept = [...held.keys()].filter(() => this.#random.chance(0.4))
    return kept.length > 0 ? kept : [...held.keys()].slice(0, 1)
  }
}

const valuesOf = (rows: readonly Row[]): Held => new Map(rows.map(({ n, v }) => [n, v]))
