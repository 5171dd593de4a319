import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { planOf } from './plan/plan.ts'
import { strikeKinds } from './plan/strikes.ts'
import { summaryOf, writeStories } from './report.ts'
import { runChaos } from './run-chaos.ts'

test.skipIf(process.env['TEST_DATABASE_URL'] === undefined)(
  'sixty runs end with the right results, whatever is killed, stopped, restarted and lost meanwhile',
  async () => {
    const plan = planOf({ seed: 3, runs: 60, chaosMs: 7_000, leaseMs: 1_500, database: 'postgres' })
    const directory = mkdtempSync(path.join(tmpdir(), 'sluice-chaos-'))
    const result = await runChaos(plan, directory, () => undefined)
    if (result.findings.length > 0) writeStories(result, directory)
    expect(result.findings, `${summaryOf(result)}\n${directory}`).toEqual([])
    expect(new Set(result.struck.map(({ kind }) => kind))).toEqual(new Set(strikeKinds))
    rmSync(directory, { recursive: true })
  },
  120_000,
)
