import * as fc from 'fast-check'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStagedWriter } from './staged-writer.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-writer-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test('texts and bytes of any length are in the file in the order in which they were written, and in its hash', async () => {
  const text = fc.tuple(fc.constantFrom('a', 'é', '€', '😀'), fc.constantFrom(1, 9, 5_000, 40_000, 300_000))
  const piece = fc.tuple(text, fc.boolean()).map(([[character, times], isText]) => {
    const whole = character.repeat(times)
    return isText ? whole : Buffer.from(whole)
  })
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      const file = path.join(directory, 'pieces')
      const expected = Buffer.concat(pieces.map((each) => Buffer.from(each)))
      await using writer = await openStagedWriter(file, { hash: true })
      for (const each of pieces) await writer.write(each)
      await writer.end()
      expect((await readFile(file)).equals(expected)).toBe(true)
      expect(writer.size).toBe(expected.length)
      expect(writer.digest()).toBe(createHash('sha256').update(expected).digest('hex'))
    }),
    { numRuns: Number(process.env['RUNS'] ?? 25) },
  )
})

test('many small texts are written while others come, and a disk that refuses them is told of', async () => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `{"id":${i}}\n`)
  const file = path.join(directory, 'lines')
  await using writer = await openStagedWriter(file)
  for (const line of lines) {
    const full = writer.write(line)
    if (full) await full
  }
  await writer.end()
  expect(await readFile(file, 'utf8')).toBe(lines.join(''))
  expect(writer.digest()).toBeUndefined()
  await using full = await openStagedWriter('/dev/full')
  await expect(
    (async (): Promise<void> => {
      await full.write('x')
      await full.end()
    })(),
  ).rejects.toThrow('ENOSPC')
})
