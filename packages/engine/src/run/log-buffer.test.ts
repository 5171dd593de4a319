import { SluiceError } from '@sluice/core'
import type { LogEntry } from '@sluice/store'
import { FakeClock } from '@sluice/testing'
import { expect, test } from 'vitest'
import { LogBuffer } from './log-buffer.ts'

const lineOf = (message: string): LogEntry => ({
  rootId: 'r',
  runId: 'r',
  taskRunId: null,
  at: 1,
  level: 30,
  message,
  fields: null,
})

/** A buffer on a store that takes what `refusal` has nothing against. */
function bufferOn(refusal: (lines: readonly LogEntry[]) => Error | undefined) {
  const writes: string[][] = []
  const appendLogs = async (lines: readonly LogEntry[]): Promise<void> => {
    const error = refusal(lines)
    if (error) throw error
    writes.push(lines.map(({ message }) => message))
  }
  return { buffer: new LogBuffer({ appendLogs }, new FakeClock()), writes }
}

test('many lines, and long ones, are written in portions that a server takes', async () => {
  const { buffer, writes } = bufferOn(() => undefined)
  for (let i = 0; i < 12_000; i++) buffer.add(lineOf(`${i}`))
  for (let i = 0; i < 5; i++) buffer.add(lineOf('x'.repeat(900_000)))
  await buffer.flush()
  await buffer.flush()
  expect(writes.flat()).toHaveLength(12_005)
  expect(writes.flat().slice(0, 3)).toEqual(['0', '1', '2'])
  for (const write of writes) {
    expect(write.length).toBeLessThanOrEqual(5_000)
    expect(write.join('').length).toBeLessThanOrEqual(2_000_000)
  }
})

test('lines that are refused for good are counted, and do not hold up what follows', async () => {
  const refused = new SluiceError('REQUEST_INVALID', { problem: 'for the test' })
  const { buffer, writes } = bufferOn((lines) => (lines.some(({ message }) => message === 'bad') ? refused : undefined))
  buffer.add(lineOf('bad'))
  await buffer.flush()
  buffer.add(lineOf('good'))
  await buffer.flush()
  expect(writes).toEqual([['good', '1 log lines were dropped: the store did not keep up, or refused them']])
})

test('while the store is away the newest lines are kept, in order, and the others counted', async () => {
  let away = true
  const { buffer, writes } = bufferOn(() => (away ? new SluiceError('STORE_UNAVAILABLE', {}) : undefined))
  for (let i = 0; i < 60_000; i++) buffer.add(lineOf(`${i}`))
  await buffer.flush()
  away = false
  await buffer.flush()
  const lines = writes.flat()
  expect(lines.at(-1)).toMatch(/^10000 log lines were dropped/)
  expect(lines.slice(0, -1)).toEqual(Array.from({ length: 50_000 }, (_, i) => `${i + 10_000}`))
})
