import { SluiceError } from '@sluice/core'
import { expect, test } from 'vitest'
import type { AnyPreparedLoad, LoadToWrite, PreparedLoad, UncountedLoad } from './prepared-load.ts'
import { writePrepared } from './write-prepared.ts'

const counts = { records: 2, loaded: 2, quarantined: 0, discarded: 0, filtered: 0 }
const close: PreparedLoad = { ...({ select: 'close', source: 'a.csv' } as LoadToWrite), counts }

/** A load that recovers into {@link close}. */
function hopeful(more: Pick<PreparedLoad, 'counts'> | Pick<UncountedLoad, 'count'>): AnyPreparedLoad {
  return {
    ...close,
    ...more,
    ...('count' in more && { counts: undefined }),
    select: 'hopeful',
    recover: async () => close,
  } as AnyPreparedLoad
}

interface Writes {
  readonly write: (load: LoadToWrite) => Promise<{ readonly rows: number } & AsyncDisposable>
  /** Of each write, its select, and `gone` when it was taken away. */
  readonly log: string[]
}

/** Writes of two rows, unless `first` says what becomes of the first. */
function writes(first?: () => Promise<number>): Writes {
  const log: string[] = []
  return {
    log,
    async write({ select }) {
      log.push(select)
      const rows = log.length === 1 && first ? await first() : 2
      return { rows, [Symbol.asyncDispose]: () => Promise.resolve(void log.push('gone')) }
    },
  }
}

test('a load that is counted while it is written holds when both numbers agree', async () => {
  const { write, log } = writes()
  const { load, written } = await writePrepared(hopeful({ count: () => Promise.resolve(counts) }), write)
  expect([load.select, load.counts, written.rows, log]).toEqual(['hopeful', counts, 2, ['hopeful']])
})

test.each([
  ['wrote other rows than were counted', { counts: { ...counts, loaded: 3 } }],
  ['wrote other rows than were counted meanwhile', { count: () => Promise.resolve({ ...counts, loaded: 1 }) }],
  ['is not what it seemed', { count: () => Promise.resolve(undefined) }],
] as const)('what a load has written that %s is taken away before the next is tried', async (_, more) => {
  const { write, log } = writes()
  expect((await writePrepared(hopeful(more), write)).load).toEqual(close)
  expect(log).toEqual(['hopeful', 'gone', 'close'])
})

test('a write that its count ended is tried closer', async () => {
  const { write, log } = writes(() => Promise.reject(new SluiceError('LAKE_QUERY_FAILED', { problem: 'INTERRUPT' })))
  const { load } = await writePrepared(hopeful({ count: () => Promise.resolve(undefined) }), write)
  expect([load.select, log]).toEqual(['close', ['hopeful', 'close']])
})

test('a source that cannot be counted fails when its write is over, and leaves nothing', async () => {
  const { promise, resolve } = Promise.withResolvers<number>()
  const { write, log } = writes(() => promise)
  const unreadable = hopeful({
    async count() {
      resolve(2)
      throw new Error('gone')
    },
  })
  await expect(writePrepared(unreadable, write)).rejects.toThrow('gone')
  expect(log).toEqual(['hopeful', 'gone'])
})
