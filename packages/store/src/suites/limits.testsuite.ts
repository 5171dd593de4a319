import { describe, expect, test } from 'vitest'
import { stateOf } from '@sluice/core'
import { acquireSlots } from '../queries/limits/acquire-slots.ts'
import type { Store } from '../store.ts'
import { claim, reclaiming, rootState, running, slots } from './dispatch-records.testsuite.ts'
import { append, expectCode, type StoreHarness } from './harness.testsuite.ts'
import { limitModelSuite } from './limits-model.testsuite.ts'
import { batch, newId, owner, rootRun, t0 } from './records.testsuite.ts'

/** Named limits across processes: who holds slots, and who has them next. */
export function limitSuite(harness: StoreHarness): void {
  describe('limits', () => {
    test('slots are taken until there are none, and whoever gives one back hands it over', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b, c] = await roots(store, 3)
      expect(await store.acquireSlots(slots(a, 'x', { db: 1 }))).toBe(true)
      expect(await store.acquireSlots(slots(b, 'x', { db: 1 }))).toBe(true)
      expect(await store.acquireSlots(slots(c, 'x', { db: 1 }))).toBe(false)
      expect(await store.acquireSlots(slots(c, 'x', { db: 1 }))).toBe(false)
      expect(await store.acquireSlots(slots(a, 'x', { db: 1 }))).toBe(true)
      expect(await store.getLimit('db')).toMatchObject({ slots: 2, held: 2, waiting: 1, origin: 'code' })
      const freed = await store.releaseSlots(holder(a, 'x'))
      expect(freed).toEqual({ granted: [holder(c, 'x')] })
      expect(await store.acquireSlots(slots(c, 'x', { db: 1 }))).toBe(true)
      expect(await store.releaseSlots(holder(a, 'x'))).toEqual({ granted: [] })
    })

    test('all that is needed is taken at once, or nothing is', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b, c] = await roots(store, 3)
      await store.acquireSlots(slots(a, 'x', { db: 2 }))
      expect(await store.acquireSlots(slots(b, 'x', { api: 1, db: 1 }))).toBe(false)
      expect((await store.getLimit('api'))?.held).toBe(0)
      // Nobody is held up at the limit that is free.
      expect(await store.acquireSlots(slots(c, 'x', { api: 2 }))).toBe(true)
      expect(await store.releaseSlots(holder(a, 'x'))).toEqual({ granted: [] })
      expect(await store.releaseSlots(holder(c, 'x'))).toEqual({ granted: [holder(b, 'x')] })
      expect((await store.getLimit('db'))?.held).toBe(1)
    })

    test('who needs little waits behind who needs much', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b, c] = await roots(store, 3)
      await store.acquireSlots(slots(a, 'x', { db: 1 }, 3))
      expect(await store.acquireSlots(slots(b, 'x', { db: 3 }, 3))).toBe(false)
      expect(await store.acquireSlots(slots(c, 'x', { db: 1 }, 3))).toBe(false)
      expect(await store.releaseSlots(holder(b, 'x'))).toEqual({ granted: [holder(c, 'x')] })
    })

    test('who stands in a line keeps its place there, whatever else becomes full meanwhile', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b, c, d] = await roots(store, 4)
      await store.acquireSlots(slots(a, 'x', { db: 1 }))
      expect(await store.acquireSlots(slots(b, 'x', { api: 1, db: 2 }))).toBe(false)
      expect(await store.acquireSlots(slots(c, 'x', { api: 2 }))).toBe(true)
      expect(await store.acquireSlots(slots(c, 'y', { db: 1 }))).toBe(false)
      expect(await store.acquireSlots(slots(d, 'x', { db: 1 }))).toBe(false)
      expect(await store.releaseSlots(holder(d, 'x'))).toEqual({ granted: [] })
      expect(await store.releaseSlots(holder(c, 'x'))).toEqual({ granted: [] })
      expect(await store.releaseSlots(holder(a, 'x'))).toEqual({ granted: [holder(b, 'x')] })
      expect(await store.releaseSlots(holder(b, 'x'))).toEqual({ granted: [holder(c, 'y')] })
    })

    test('needs of the same limit add up, and what can never be had is refused', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a] = await roots(store, 1)
      const twice = slots(a, 'x', { db: 1 })
      await expectCode(
        store.acquireSlots({ ...twice, needs: [...twice.needs, ...slots(a, 'x', { db: 2 }).needs] }),
        'LIMIT_TOO_SMALL',
      )
      await expectCode(store.acquireSlots(slots(a, 'x', { nope: 1 }, null)), 'LIMIT_NOT_FOUND')
      expect(await store.listLimits()).toEqual([])
    })

    test('what an operator set stays, and a larger size is handed out at once', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b, c] = await roots(store, 3)
      await store.putLimit('db', 1)
      await store.acquireSlots(slots(a, 'x', { db: 1 }, 9))
      expect(await store.acquireSlots(slots(b, 'x', { db: 1 }, 9))).toBe(false)
      expect(await store.acquireSlots(slots(c, 'x', { db: 1 }, 9))).toBe(false)
      expect((await store.putLimit('db', 3)).granted).toEqual([holder(b, 'x'), holder(c, 'x')])
      expect((await store.putLimit('db', 0)).limit).toMatchObject({ held: 3, slots: 0 })
      await store.releaseSlots(holder(a, 'x'))
      expect(await store.acquireSlots(slots(a, 'x', { db: 1 }))).toBe(false)
      expect((await store.putLimit('db', 3)).granted).toEqual([holder(a, 'x')])
    })

    test('what code declares anew counts from then on', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b] = await roots(store, 2)
      await store.acquireSlots(slots(a, 'x', { db: 1 }, 1))
      expect(await store.acquireSlots(slots(b, 'x', { db: 1 }, 1))).toBe(false)
      expect(await store.acquireSlots(slots(a, 'y', { db: 1 }, 3))).toBe(true)
      expect(await store.acquireSlots(slots(b, 'x', { db: 1 }, 3))).toBe(true)
    })

    test('a limit that became too small for somebody holds up nobody else, and tells', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b, c] = await roots(store, 3)
      await store.putLimit('db', 3)
      await store.acquireSlots(slots(a, 'x', { db: 2 }))
      expect(await store.acquireSlots(slots(b, 'x', { db: 3 }))).toBe(false)
      expect(await store.acquireSlots(slots(c, 'x', { db: 2 }))).toBe(false)
      await store.putLimit('db', 2)
      expect(await store.releaseSlots(holder(a, 'x'))).toEqual({ granted: [holder(c, 'x')] })
      await expectCode(store.acquireSlots(slots(b, 'x', { db: 3 })), 'LIMIT_TOO_SMALL')
      expect((await store.putLimit('db', 5)).granted).toEqual([holder(b, 'x')])
    })

    test('who needs too much of one limit holds up nobody in the line of another', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b, c] = await roots(store, 3)
      await store.putLimit('api', 2)
      await store.acquireSlots(slots(a, 'x', { db: 1 }))
      expect(await store.acquireSlots(slots(b, 'x', { api: 2, db: 2 }))).toBe(false)
      expect(await store.acquireSlots(slots(c, 'x', { db: 1 }))).toBe(false)
      expect((await store.putLimit('api', 1)).granted).toEqual([holder(c, 'x')])
      await store.releaseSlots(holder(a, 'x'))
      await store.releaseSlots(holder(c, 'x'))
      expect((await store.putLimit('api', 2)).granted).toEqual([holder(b, 'x')])
    })

    test('a limit that is deleted lets through who waited for it', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b] = await roots(store, 2)
      await store.acquireSlots(slots(a, 'x', { db: 2 }))
      await store.acquireSlots(slots(b, 'x', { db: 1 }))
      expect(await store.deleteLimit('db')).toBe(true)
      expect(await store.acquireSlots(slots(b, 'x', { db: 1 }))).toBe(true)
    })

    test('nobody takes slots in the name of a run that moved on, ended or is suspended', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b] = await roots(store, 2)
      await expectCode(store.acquireSlots(slots({ ...a, epoch: 0 }, 'x', { db: 1 })), 'RUN_FENCED')
      await expectCode(store.acquireSlots(slots({ id: newId(), epoch: 1 }, 'x', { db: 1 })), 'RUN_FENCED')
      await expectCode(store.acquireSlots(slots({ id: 'nonsense', epoch: 1 }, 'x', { db: 1 })), 'RUN_FENCED')
      await store.appendJournal(batch(a.id, 1, [rootState('Completed')]))
      await store.appendJournal(batch(b.id, 1, [rootState('Suspended')]))
      for (const run of [a, b]) await expectCode(store.acquireSlots(slots(run, 'x', { db: 1 })), 'RUN_FENCED')
    })

    for (const end of ['Completed', 'Suspended'] as const) {
      test(`a run that is ${end} gives back what it held and its places, and says who has them now`, async () => {
        await using database = await harness.create()
        await using store = await database.open()
        const [a, b, c] = await roots(store, 3)
        await store.acquireSlots(slots(a, 'x', { db: 1 }, 1))
        await store.acquireSlots(slots(b, 'x', { api: 1 }, 1))
        expect(await store.acquireSlots(slots(a, 'y', { api: 1 }, 1))).toBe(false)
        expect(await store.acquireSlots(slots(c, 'x', { api: 1 }, 1))).toBe(false)
        expect(await store.acquireSlots(slots(c, 'y', { db: 1 }, 1))).toBe(false)
        const receipt = await store.appendJournal(batch(a.id, 1, [rootState(end)]))
        expect(receipt).toEqual({ cancelling: false, freed: [holder(c, 'y')] })
        expect(await store.releaseSlots(holder(b, 'x'))).toEqual({ granted: [holder(c, 'x')] })
        expect(await store.appendJournal(batch(a.id, 1, [rootState(end)]))).toEqual({ cancelling: false })
      })
    }

    test('a run that was reclaimed holds nothing any more', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const { workerId, run } = await running(store)
      const [other] = await roots(store, 1)
      await store.acquireSlots(slots(run, 'x', { db: 2 }))
      expect(await store.acquireSlots(slots(other, 'x', { db: 1 }))).toBe(false)
      await store.reclaimRuns(reclaiming(workerId, [run]))
      expect(await store.acquireSlots(slots(other, 'x', { db: 1 }))).toBe(true)
      const [again] = await claim(store, workerId)
      expect(again?.id).toBe(run.id)
      expect(await store.releaseSlots(holder(run, 'x'))).toEqual({ granted: [] })
    })

    test('a script that is gone, or taken over, holds nothing any more', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [dead, moved, a, b] = await roots(store, 4)
      await store.acquireSlots(slots(dead, 'x', { db: 1 }))
      await store.acquireSlots(slots(moved, 'x', { db: 1 }))
      for (const run of [a, b]) expect(await store.acquireSlots(slots(run, 'x', { db: 1 }))).toBe(false)
      await store.markCrashed({ id: dead.id, expectedEpoch: 1, at: t0, message: 'gone' })
      const state = stateOf('Running', t0 + 1)
      await store.claimRun({ id: moved.id, expectedEpoch: 1, owner, state, newAttempt: false, drop: [] })
      for (const run of [a, b]) expect(await store.acquireSlots(slots(run, 'x', { db: 1 }))).toBe(true)
    })

    test('an end that meets a wish for slots leaves none behind', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [run] = await roots(store, 1)
      const taking = await database.holdSteps(() => acquireSlots(slots(run, 'x', { db: 1 })))
      const ending = append(database, store, batch(run.id, 1, [rootState('Completed')]))
      await taking.blocking()
      await taking.commit()
      await ending
      expect((await store.getLimit('db'))?.held).toBe(0)
    })

    test('a wish for slots that meets an end is refused', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [run] = await roots(store, 1)
      const ending = await database.holdAppend(batch(run.id, 1, [rootState('Completed')]))
      const refused = expectCode(store.acquireSlots(slots(run, 'x', { db: 1 })), 'RUN_FENCED')
      await ending.blocking()
      await ending.commit()
      await refused
    })

    test('a run that waits for a limit can be explained', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const [a, b] = await roots(store, 2)
      await store.acquireSlots(slots(a, 'x', { db: 2 }))
      await store.acquireSlots(slots(b, 'x', { db: 1 }))
      expect((await store.explainRun(b.id))?.limits).toEqual([{ name: 'db', slots: 2, held: 2, holders: [a.id] }])
      expect(await store.explainRun(newId())).toBeUndefined()
    })

    test('many at once never hold more than there is, and all have their turn', { timeout: 60_000 }, async () => {
      await using database = await harness.create()
      await using store = await database.open({ connections: 8 })
      const runs = await roots(store, 12)
      let held = 0
      let most = 0
      const turn = async (run: Root): Promise<void> => {
        for (let round = 0; round < 4; round += 1) {
          const request = slots(run, `key-${round}`, { api: 1, db: 1 }, 3)
          while (!(await store.acquireSlots(request)));
          most = Math.max(most, (held += 1))
          held -= 1
          await store.releaseSlots(request)
        }
        await store.appendJournal(batch(run.id, 1, [rootState('Completed')]))
      }
      await Promise.all(runs.map(turn))
      expect(most).toBeLessThanOrEqual(3)
      expect(await store.listLimits()).toMatchObject([
        { name: 'api', held: 0, waiting: 0 },
        { name: 'db', held: 0, waiting: 0 },
      ])
    })
  })
  limitModelSuite(harness)
}

interface Root {
  readonly id: string
  readonly epoch: number
}

const holder = ({ id, epoch }: Root, key: string) => ({ rootId: id, epoch, key })

/** Runs of scripts. */
async function roots(store: Store, count: number): Promise<readonly Root[] & Record<0 | 1 | 2 | 3, Root>> {
  const runs = Array.from({ length: count }, () => rootRun())
  for (const run of runs) await store.createRun(run)
  return runs.map(({ id }) => ({ id, epoch: 1 })) as unknown as readonly Root[] & Record<0 | 1 | 2 | 3, Root>
}
