import { SluiceError } from '@sluice/core'
import { FakeClock, settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import type { JournalLink } from './journal-link.ts'
import { JournalLine } from './journal-line.ts'

const input = { body: { batches: [{ token: 't', batch: {} }] } } as never

/** A line whose connections the test grants or refuses. */
function fixture(refuse = 0): {
  readonly line: JournalLine
  readonly clock: FakeClock
  readonly requests: () => number
  readonly opened: string[]
  readonly sent: () => number
  readonly lose: () => void
} {
  const clock = new FakeClock()
  const opened: string[] = []
  let [requests, sent, refusals] = [0, 0, refuse]
  let isOpen = false
  const link = (): JournalLink => {
    isOpen = true
    return {
      get isOpen() {
        return isOpen
      },
      send: async () => {
        sent++
        return { verdicts: [] }
      },
      [Symbol.dispose]: () => void (isOpen = false),
    }
  }
  const line = new JournalLine({
    urls: ['a', 'b'],
    request: async () => {
      requests++
      return { verdicts: [] }
    },
    open: async (url) => {
      opened.push(url)
      if (refusals-- > 0) throw new SluiceError('SERVER_UNREACHABLE')
      return link()
    },
    platform: clock,
  })
  const lose = (): void => void (isOpen = false)
  return { line, clock, requests: () => requests, opened, sent: () => sent, lose }
}

async function send(line: JournalLine, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await line.send(input)
  await settleTurns()
}

test('few requests open no connection, many open one, and everything after goes over it', async () => {
  const { line, requests, opened, sent } = fixture()
  await send(line, 15)
  expect([opened, requests(), line.isLinked]).toEqual([[], 15, false])
  await send(line, 1)
  expect([opened, line.isLinked]).toEqual([['a'], true])
  await send(line, 30)
  expect([requests(), sent(), opened.length]).toEqual([16, 30, 1])
})

test('without a connection requests go on, and the next server is tried, after longer and longer', async () => {
  const { line, clock, requests, opened } = fixture(2)
  await send(line, 20)
  expect([opened, line.isLinked, requests()]).toEqual([['a'], false, 20])
  await clock.advance(5_001)
  await send(line, 5)
  expect(opened).toEqual(['a', 'b'])
  await clock.advance(5_001)
  await send(line, 5)
  expect(opened).toHaveLength(2)
  await clock.advance(5_001)
  await send(line, 5)
  expect([opened, line.isLinked]).toEqual([['a', 'b', 'a'], true])
})

test('a connection that is lost is made again once there is as much to send', async () => {
  const { line, requests, opened, lose } = fixture()
  await send(line, 16)
  lose()
  await send(line, 15)
  expect([opened.length, requests()]).toEqual([1, 31])
  await send(line, 1)
  expect([opened.length, line.isLinked]).toEqual([2, true])
})

test('a line that is closed opens nothing more', async () => {
  const { line, opened } = fixture()
  line[Symbol.dispose]()
  await send(line, 40)
  expect(opened).toEqual([])
})
