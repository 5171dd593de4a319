import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { runLakeChaos } from './run-lake-chaos.ts'

test('writers of a lake that are killed again and again lose no row, and leave no table that does not read', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sluice-chaos-lake-'))
  // Stripping the types of every file anew takes most of a second of each process.
  process.env['NODE_COMPILE_CACHE'] ??= path.join(import.meta.dirname, '../../node_modules/.cache/sluice-tests')
  // Of this seed the first kill comes at once: it is not too late on a machine that is quick.
  const seed = Number(process.env['SEED'] ?? 2)
  const result = await runLakeChaos({
    seed,
    writers: 2,
    commits: 6,
    chaosMs: 2_000,
    roundMs: 3_000,
    python: undefined,
    directory,
    say: () => undefined,
  })
  expect(result.findings, `seed ${seed}: ${JSON.stringify(result)}\n${directory}`).toEqual([])
  expect([result.steps, result.kills > 0]).toEqual([12, true])
  rmSync(directory, { recursive: true })
}, 200_000)
