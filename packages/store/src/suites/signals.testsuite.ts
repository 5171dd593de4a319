import { describe, expect, test } from 'vitest'
import type { StoreHarness } from './harness.testsuite.ts'

/** Wake-ups within a process. Between processes: `postgres-signals.test.ts`. */
export function signalSuite(harness: StoreHarness): void {
  describe('signals', () => {
    test("reach this process's listeners at once, and once", async () => {
      await using database = await harness.create()
      await using store = await database.open()
      const heard: string[] = []
      const end = store.signals.subscribe((topics) => void heard.push(...topics))
      store.signals.send(['a', 'b'])
      expect(heard).toEqual(['a', 'b'])
      store.signals.send([])
      expect(heard).toEqual(['a', 'b'])
      end()
      end()
      store.signals.send(['c'])
      expect(heard).toEqual(['a', 'b'])
    })

    test('reach the other stores on the same database', async () => {
      await using database = await harness.create()
      await using store = await database.open()
      await using other = await database.open()
      const heard: string[] = []
      const end = other.signals.subscribe((topics) => void heard.push(...topics))
      // Until the other one listens nothing arrives: so it is sent again.
      while (heard.length === 0) {
        store.signals.send(['pool:default'])
        await store.getSetting('nothing')
      }
      expect(new Set(heard)).toEqual(new Set(['pool:default']))
      end()
    })

    test('do not reach other databases', async () => {
      await using database = await harness.create()
      await using elsewhere = await harness.create()
      await using store = await database.open()
      await using other = await elsewhere.open()
      const heard: string[] = []
      const end = other.signals.subscribe((topics) => void heard.push(...topics))
      store.signals.send(['a'])
      await store.getSetting('nothing')
      await other.getSetting('nothing')
      expect(heard).toEqual([])
      end()
    })
  })
}
