import { expect, test } from 'vitest'
import { type RunningScript, startScript } from '../testing/processes.testsupport.ts'
import type { EmbeddedLake } from './embedded-lake.testsupport.ts'
import { createTable, readRows } from './test-table.testsupport.ts'

/** How many processes write how many rows each; every one of them is killed once on its way. */
const [writers = 8, rows = 25] = (process.env['WRITERS'] ?? '8x25').split('x').map(Number)

const script = new URL('append-until-killed.fixture.ts', import.meta.url)

export function killedWritersSuite(create: () => Promise<EmbeddedLake>): void {
  test(
    `of ${writers} processes that append and are killed none loses a row or writes one twice`,
    async () => {
      await using lake = await create()
      await createTable(lake, 'a.b')
      const expected = await Promise.all(Array.from({ length: writers }, (_, writer) => write(lake, String(writer))))
      expect(await readRows(lake, 'a.b')).toEqual(expected.flat().toSorted())
    },
    Math.max(280_000, writers * rows * 300),
  )
}

/** Starts a writer, kills it when it has kept some rows, and starts it again with the first that it did not say it kept. */
async function write(lake: EmbeddedLake, writer: string): Promise<readonly string[]> {
  const name = (at: number): string => `w${writer}-${String(at).padStart(3, '0')}`
  const killAt = Math.floor(Math.random() * (rows - 1))
  const first = start(lake, writer, 0)
  await first.line(`kept ${name(killAt)}`)
  // Not at once: it is in the middle of the next one by then, wherever that is.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 50))
  first.process.kill('SIGKILL')
  await first.ended
  const kept = first.lines().filter((line) => line.startsWith('kept ')).length
  const second = start(lake, writer, kept)
  await second.ended
  const told = [...first.lines(), ...second.lines()].map((line) => line.replace('kept ', ''))
  expect(told).toEqual(Array.from({ length: rows }, (_, at) => name(at)))
  return told
}

const start = (lake: EmbeddedLake, writer: string, from: number): RunningScript =>
  startScript(script, [lake.target, lake.root, writer, String(from), String(rows)])
