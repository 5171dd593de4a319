import { expect, test } from 'vitest'
import { kinds } from '../expected.ts'
import { seeded } from '../random.ts'
import { nextFault } from './faults.ts'
import { planOf, type PlanOptions } from './plan.ts'
import { strikeKinds } from './strikes.ts'

const options: PlanOptions = { seed: 7, runs: 60, chaosMs: 10_000, leaseMs: 2_000, database: 'postgres' }

test('a plan is a pure function of its seed', () => {
  expect(planOf(options)).toEqual(planOf(options))
  expect(planOf({ ...options, seed: 8 }).strikes).not.toEqual(planOf(options).strikes)
})

test('however short, a plan has every kind of run and every kind of strike', () => {
  const { work, strikes } = planOf(options)
  expect(new Set(work.map(({ kind }) => kind))).toEqual(new Set(kinds))
  expect(new Set(strikes.map(({ kind }) => kind))).toEqual(new Set(strikeKinds))
  expect(strikes.filter(({ atMs }) => atMs > options.chaosMs)).toEqual([])
})

test('what is stopped is stopped for longer than the lease', () => {
  const stops = planOf(options).strikes.filter(({ kind }) => kind.startsWith('stop-'))
  expect(stops.every(({ ms }) => ms > options.leaseMs)).toBe(true)
})

test('the n-th request of a seed always has the same fate', () => {
  const fates = () => {
    const random = seeded(3, 'faults')
    return Array.from({ length: 500 }, () => nextFault(random, true))
  }
  expect(fates()).toEqual(fates())
  expect(new Set(fates().map(({ kind }) => kind))).toContain('drop-answer')
})
