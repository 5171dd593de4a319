import { expect, test } from 'vitest'
import { type CopyOptions, feed } from './copy-from.ts'

/** A server that takes a piece only when told to, and a source that counts what was drawn from it. */
function slowServer() {
  const waiting: (() => void)[] = []
  const written: Uint8Array[] = []
  return {
    written,
    takeOne: () => waiting.shift()?.(),
    copy: {
      write: (bytes: Uint8Array) => {
        written.push(bytes)
        return new Promise<void>((resolve) => waiting.push(resolve))
      },
      alongside: <T>(other: Promise<T>) => other,
    },
  }
}

test('the source is read no further than one piece beyond what the server has taken', async () => {
  const server = slowServer()
  let drawn = 0
  const rows = function* (): Generator<readonly unknown[]> {
    for (; drawn < 100_000; drawn++) yield [drawn, 'x'.repeat(92)]
  }
  const options: CopyOptions = { table: 't', columns: ['id', 'text'], source: rows() }
  const fed = feed(server.copy, options)
  const perPiece = 700
  for (let piece = 1; piece <= 20; piece++) {
    await turns()
    expect(server.written).toHaveLength(piece)
    expect(drawn).toBeLessThan((piece + 1) * perPiece)
    server.takeOne()
  }
  const drain = setInterval(() => server.takeOne(), 0)
  const bytes = await fed
  clearInterval(drain)
  expect(drawn).toBe(100_000)
  expect(bytes).toBe(server.written.reduce((sum, piece) => sum + piece.length, 0))
})

test('strings and bytes go out as they are, in order, beside rows', async () => {
  const written: string[] = []
  const copy = {
    write: async (bytes: Uint8Array) => void written.push(Buffer.from(bytes).toString()),
    alongside: <T>(other: Promise<T>) => other,
  }
  await feed(copy, { table: 't', columns: ['a'], source: ['1\n', [2], Buffer.from('3\n'), [4], '5\n'] })
  expect(written.join('')).toBe('1\n2\n3\n4\n5\n')
})

test('progress tells the rows and bytes so far', async () => {
  const seen: unknown[] = []
  const copy = { write: async () => {}, alongside: <T>(other: Promise<T>) => other }
  await feed(copy, {
    table: 't',
    columns: ['a'],
    source: [['x'.repeat(70_000)], [2]],
    onProgress: (progress) => seen.push(progress),
  })
  expect(seen).toEqual([
    { rows: 1, bytes: 70_001 },
    { rows: 2, bytes: 70_003 },
  ])
})

test('an error ends the source, so that it can close its file', async () => {
  let closed = false
  const source = (function* () {
    try {
      for (;;) yield ['x'.repeat(70_000)]
    } finally {
      closed = true
    }
  })()
  const copy = { write: () => Promise.reject(new Error('connection lost')), alongside: <T>(other: Promise<T>) => other }
  await expect(feed(copy, { table: 't', columns: ['a'], source })).rejects.toThrow('connection lost')
  await turns()
  expect(closed).toBe(true)
})

test('an abort from within the source ends the copy, though nothing waits for the source yet', async () => {
  const controller = new AbortController()
  const source = (async function* (): AsyncGenerator<string> {
    controller.abort(new Error('enough'))
    yield await new Promise<string>(() => {})
  })()
  const copy = { write: async () => {}, alongside: <T>(other: Promise<T>) => other }
  await expect(feed(copy, { table: 't', columns: ['a'], source, signal: controller.signal })).rejects.toThrow('enough')
})

/** Lets everything run that is ready to. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}
