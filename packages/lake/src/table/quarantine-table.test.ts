import { expect, test } from 'vitest'
import { requireTableName } from '../catalog/lake-paths.ts'
import { quarantineOf } from './quarantine-table.ts'

test('the quarantine of a table has a name that says so, and that of no other', () => {
  expect(quarantineOf('bronze.trips_2024')).toBe('quarantine.bronze__trips_2024')
  expect(quarantineOf('a.b__c')).toBe('quarantine.a__b__c__1')
  // All names of few letters and underscores, those among them that look like names with a place.
  const parts = Array.from({ length: 4 ** 5 }, (_, n) =>
    Array.from({ length: 5 }, (__, place) => ['', '_', 'a', '1'][Math.floor(n / 4 ** place) % 4]).join(''),
  ).filter((part) => /^a[a_1]*$/.test(part))
  const names = [...new Set(parts)].flatMap((namespace, _, all) => all.map((name) => `${namespace}.${name}`))
  expect(names.length).toBeGreaterThan(5_000)
  expect(new Set(names.map(quarantineOf)).size).toBe(names.length)
})

test('a table of the longest name has a quarantine, too', () => {
  const [long, other] = ['a', 'b'].map((last) => `${'n'.repeat(128)}.${'t'.repeat(127)}${last}`)
  const quarantines = [long, other].map((name) => requireTableName(quarantineOf(String(name))))
  expect(new Set(quarantines).size).toBe(2)
})
