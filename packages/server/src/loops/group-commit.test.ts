import { SluiceError } from '@sluice/core'
import { settleTurns } from '@sluice/testing'
import { describe, expect, test } from 'vitest'
import { gate } from '../testing/gate.testsupport.ts'
import { groupCommit } from './group-commit.ts'

const double = (items: readonly number[]): readonly number[] => items.map((item) => item * 2)

describe('group commit', () => {
  test('commits what arrives in one turn together, and gives everybody their own', async () => {
    const batches: (readonly number[])[] = []
    const commit = groupCommit(async (items: readonly number[]) => {
      batches.push(items)
      return double(items)
    }, 100)
    expect(await Promise.all([commit([1]), commit([2, 3]), commit([])])).toEqual([[2], [4, 6], []])
    expect(batches).toEqual([[1, 2, 3]])
  })

  test('commits what arrives during a commit with the next one', async () => {
    const batches: (readonly number[])[] = []
    const first = gate()
    const commit = groupCommit(async (items: readonly number[]) => {
      batches.push(items)
      if (batches.length === 1) await first.passed
      return double(items)
    }, 100)
    const one = commit([1])
    await settleTurns()
    const later = [commit([2]), commit([3])]
    await settleTurns()
    expect(batches).toEqual([[1]])
    first.open()
    expect(await Promise.all([one, ...later])).toEqual([[2], [4], [6]])
    expect(batches).toEqual([[1], [2, 3]])
  })

  test('splits what is too much between requests, never one request', async () => {
    const batches: (readonly number[])[] = []
    const commit = groupCommit(async (items: readonly number[]) => {
      batches.push(items)
      return double(items)
    }, 3)
    await Promise.all([commit([1, 2, 3, 4]), commit([5, 6]), commit([7]), commit([8])])
    expect(batches).toEqual([[1, 2, 3, 4], [5, 6, 7], [8]])
  })

  test('lets nobody pay for the mistake of another', async () => {
    const commit = groupCommit(async (items: readonly number[]) => {
      if (items.includes(13)) throw new SluiceError('POOL_NOT_FOUND', { pool: 'nowhere' })
      return double(items)
    }, 100)
    const [good, bad, other] = await Promise.allSettled([commit([1]), commit([2, 13]), commit([3])])
    expect(good).toMatchObject({ value: [2] })
    expect(bad).toMatchObject({ reason: { code: 'POOL_NOT_FOUND' } })
    expect(other).toMatchObject({ value: [6] })
  })

  test('asks a store that is away once for all, not once for each', async () => {
    let asked = 0
    const commit = groupCommit<number, number>(async () => {
      asked++
      throw new SluiceError('STORE_UNAVAILABLE')
    }, 100)
    const settled = await Promise.allSettled([commit([1]), commit([2])])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(asked).toBe(1)
  })

  test('goes on after a failure', async () => {
    let fail = true
    const commit = groupCommit(async (items: readonly number[]) => {
      if (fail) throw new Error('no')
      return double(items)
    }, 100)
    await expect(commit([1])).rejects.toThrow('no')
    fail = false
    expect(await commit([1])).toEqual([2])
  })
})
