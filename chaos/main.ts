import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Arguments, parseArguments } from './arguments.ts'
import { planOf } from './plan/plan.ts'
import { summaryOf, writeStories } from './report.ts'
import { runChaos } from './run-chaos.ts'

const asked = parseArguments(process.argv.slice(2))
if ('text' in asked) {
  process.stdout.write(`${asked.text}\n`)
  process.exitCode = asked.exitCode
} else {
  let bad = 0
  for (let turn = 0; turn < asked.options.seeds; turn++)
    bad += await play({ ...asked.options, seed: asked.options.seed + turn })
  process.exitCode = bad === 0 ? 0 : 1
}

/** 1 when some law did not hold. */
async function play({ seed, runs, minutes, leaseMs, database, keep }: Arguments): Promise<number> {
  const plan = planOf({ seed, runs, chaosMs: minutes * 60_000, leaseMs, database })
  const directory = mkdtempSync(path.join(tmpdir(), `sluice-chaos-${seed}-`))
  const result = await runChaos(plan, directory, (line) => process.stderr.write(`${line}\n`))
  process.stdout.write(`\n${summaryOf(result)}`)
  const good = result.findings.length === 0
  if (good && !keep) rmSync(directory, { recursive: true })
  else {
    writeStories(result, directory)
    process.stdout.write(`stories, logs and ledger: ${directory}\n`)
  }
  if (!good)
    process.stdout.write(
      `again: npm run chaos -- --seed ${seed} --minutes ${minutes} --runs ${runs} --database ${database}\n`,
    )
  return good ? 0 : 1
}
