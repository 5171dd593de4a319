import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSluiceError } from '@sluice/core'
import type { Store } from '../store.ts'
import { claim, enqueue, idsOf, queued, reclaiming, register, rootState } from './dispatch-records.testsuite.ts'
import type { StoreHarness } from './harness.testsuite.ts'
import { batch, newId } from './records.testsuite.ts'

const rootCount = 3
const limitNames = ['a', 'b', 'c']

type Step =
  | { readonly kind: 'acquire'; readonly root: number; readonly key: string; readonly needs: readonly number[] }
  | { readonly kind: 'release'; readonly root: number; readonly key: string }
  | { readonly kind: 'end' | 'reclaim' | 'suspend'; readonly root: number }
  | { readonly kind: 'size'; readonly limit: number; readonly slots: number }

const root = fc.nat({ max: rootCount - 1 })
const key = fc.constantFrom('k', 'l', 'm')
/** How many slots of each limit; most need one limit or two. */
const needs = fc
  .tuple(...limitNames.map(() => fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.constantFrom(1, 1, 2, 3))))
  .filter((counts) => counts.some((count) => count > 0))
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('acquire' as const), root, key, needs }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), root, key }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('end' as const, 'reclaim' as const, 'suspend' as const), root }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('size' as const),
      limit: fc.nat({ max: limitNames.length - 1 }),
      slots: fc.constantFrom(0, 1, 1, 2, 2, 3, 4),
    }),
  },
)

interface Wish {
  readonly rootId: string
  readonly key: string
  readonly needs: ReadonlyMap<string, number>
  held: boolean
}

/** What must be true of limits, whatever happens in whatever order. */
export function limitModelSuite(harness: StoreHarness): void {
  describe('limits, in any order of events', () => {
    test(
      'never hold too much, leak nothing, serve in order, and let nobody wait in vain',
      { timeout: 120_000 },
      async () => {
        await using database = await harness.create()
        await using store = await database.open()
        await fc.assert(
          fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
            const world = await World.begin(store)
            for (const each of steps) await world.take(each)
            await world.finish()
          }),
          { numRuns: harness.kind === 'sqlite' ? 100 : 15 },
        )
      },
    )
  })
}

class World {
  readonly #store: Store
  readonly #pool = `pool-${newId()}`
  readonly #prefix = newId()
  readonly #roots: { id: string; epoch: number; seq: number }[] = []
  readonly #sizes = new Map<string, number>()
  #workerId = ''
  /** In the order in which they came. */
  #wishes: Wish[] = []
  #heldBefore = new Map<string, number>()
  /** What the last wish was answered. */
  #told: { readonly wish: Wish; readonly held: boolean } | undefined

  private constructor(store: Store) {
    this.#store = store
  }

  static async begin(store: Store): Promise<World> {
    const world = new World(store)
    world.#workerId = await register(store, { pool: world.#pool })
    for (const name of limitNames) await world.#resize(world.#name(name), 2)
    for (let index = 0; index < rootCount; index += 1) world.#roots.push(await world.#newRoot())
    return world
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'acquire') await this.#acquire(step)
    else if (step.kind === 'release') await this.#release(step)
    else if (step.kind === 'size') await this.#resize(this.#name(limitNames[step.limit] ?? ''), step.slots)
    else await this.#leave(step.kind, step.root)
    await this.#check()
  }

  async finish(): Promise<void> {
    for (let index = 0; index < rootCount; index += 1) await this.take({ kind: 'end', root: index })
    for (const name of this.#sizes.keys()) {
      expect(await this.#store.getLimit(name)).toMatchObject({ held: 0, waiting: 0, holders: [] })
    }
  }

  #name = (limit: string): string => `${this.#prefix} ${limit}`

  async #newRoot(): Promise<{ id: string; epoch: number; seq: number }> {
    const [id] = await enqueue(this.#store, queued({ pool: this.#pool }))
    return { id: String(id), epoch: await this.#claimAgain(String(id)), seq: 0 }
  }

  async #claimAgain(id: string): Promise<number> {
    const claimed = await claim(this.#store, this.#workerId)
    expect(idsOf(claimed)).toEqual([id])
    return claimed[0]?.epoch ?? 0
  }

  async #acquire({ root: index, key: wanted, needs: counts }: Extract<Step, { kind: 'acquire' }>): Promise<void> {
    const { id, epoch } = this.#rootAt(index)
    const pairs = limitNames
      .map((name, at) => [this.#name(name), counts[at] ?? 0] as const)
      .filter(([, count]) => count > 0)
    const known = this.#wishes.find((wish) => wish.rootId === id && wish.key === wanted)
    const asked = known?.needs ?? new Map(pairs)
    const request = [...asked].map(([name, count]) => ({ name, size: null, slots: count }))
    const impossible = [...asked].some(([name, count]) => this.#size(name) > 0 && count > this.#size(name))
    try {
      const held = await this.#store.acquireSlots({ rootId: id, epoch, key: wanted, needs: request })
      const wish = known ?? { rootId: id, key: wanted, needs: asked, held: false }
      if (known === undefined) this.#wishes.push(wish)
      this.#told = { wish, held }
      expect(impossible && !held).toBe(false)
    } catch (error) {
      if (!isSluiceError(error, 'LIMIT_TOO_SMALL')) throw error
      expect([impossible, known?.held ?? false]).toEqual([true, false])
    }
  }

  async #release({ root: index, key: wanted }: Extract<Step, { kind: 'release' }>): Promise<void> {
    const { id, epoch } = this.#rootAt(index)
    await this.#store.releaseSlots({ rootId: id, epoch, key: wanted })
    this.#wishes = this.#wishes.filter((wish) => wish.rootId !== id || wish.key !== wanted)
  }

  async #resize(name: string, slots: number): Promise<void> {
    await this.#store.putLimit(name, slots)
    this.#sizes.set(name, slots)
  }

  async #leave(how: 'end' | 'reclaim' | 'suspend', index: number): Promise<void> {
    const run = this.#rootAt(index)
    this.#wishes = this.#wishes.filter((wish) => wish.rootId !== run.id)
    if (how === 'reclaim') await this.#store.reclaimRuns(reclaiming(this.#workerId, [run], { crashed: false }))
    else {
      run.seq += 1
      const state = rootState(how === 'end' ? 'Completed' : 'Suspended')
      await this.#store.appendJournal(batch(run.id, run.seq, [state], run.epoch))
    }
    if (how === 'end') this.#roots[index] = await this.#newRoot()
    else {
      await this.#store.makeDue(run.id)
      run.epoch = await this.#claimAgain(run.id)
    }
  }

  async #check(): Promise<void> {
    const holders = new Map<string, number>()
    for (const name of this.#sizes.keys()) {
      const limit = await this.#store.getLimit(name)
      for (const each of limit?.holders ?? []) holders.set(`${each.rootId} ${each.key} ${name}`, each.slots)
    }
    this.#learn(holders)
    for (const name of this.#sizes.keys()) this.#checkHeld(name)
    if (this.#told !== undefined) expect(this.#told.held).toBe(this.#told.wish.held)
    this.#told = undefined
    this.#wishes.forEach((wish, at) => this.#checkWaiting(wish, this.#wishes.slice(0, at)))
  }

  /** Who has been granted slots by this step; all of them, in order, and nobody who is not there. */
  #learn(holders: Map<string, number>): void {
    const granted: Wish[] = []
    for (const wish of this.#wishes) {
      const found = [...wish.needs].filter(([name, count]) => {
        const slot = `${wish.rootId} ${wish.key} ${name}`
        const slots = holders.get(slot)
        holders.delete(slot)
        if (slots !== undefined) expect(slots).toBe(count)
        return slots !== undefined
      })
      expect([0, wish.needs.size]).toContain(found.length)
      if (wish.held) expect(found.length).toBe(wish.needs.size)
      else if (found.length > 0) granted.push(wish)
    }
    expect([...holders.keys()]).toEqual([])
    for (const wish of granted) {
      wish.held = true
      const overtaken = this.#wishes
        .slice(0, this.#wishes.indexOf(wish))
        .filter((older) => !older.held && !granted.includes(older) && !this.#isMisfit(older) && sameLimits(older, wish))
      expect(overtaken).toEqual([])
    }
  }

  #checkHeld(name: string): void {
    const held = this.#held(name)
    expect(held).toBeLessThanOrEqual(Math.max(this.#size(name), this.#heldBefore.get(name) ?? 0))
    this.#heldBefore.set(name, held)
  }

  /** Nobody waits while all it needs is free and nobody older waits for any of it. */
  #checkWaiting(wish: Wish, before: readonly Wish[]): void {
    if (wish.held || this.#isMisfit(wish)) return
    const rivals = before.filter((older) => !older.held && !this.#isMisfit(older) && shareLimit(older, wish))
    if (rivals.length > 0) return
    expect([...wish.needs].some(([name, count]) => this.#size(name) - this.#held(name) < count)).toBe(true)
  }

  #isMisfit = (wish: Wish): boolean =>
    [...wish.needs].some(([name, count]) => this.#size(name) > 0 && count > this.#size(name))

  #held = (name: string): number =>
    this.#wishes.reduce((sum, wish) => sum + (wish.held ? (wish.needs.get(name) ?? 0) : 0), 0)

  #size = (name: string): number => this.#sizes.get(name) ?? 0

  #rootAt(index: number): { id: string; epoch: number; seq: number } {
    const found = this.#roots[index]
    if (found === undefined) throw new Error(`no root ${index}`)
    return found
  }
}

const shareLimit = (a: Wish, b: Wish): boolean => [...a.needs.keys()].some((name) => b.needs.has(name))

/** Both need one limit, the same. */
const sameLimits = (a: Wish, b: Wish): boolean => a.needs.size === 1 && b.needs.size === 1 && shareLimit(a, b)
