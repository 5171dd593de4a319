import { startPostgres } from '@sluice/testing'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { runLakeChaos } from './run-lake-chaos.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    writers: { type: 'string', default: '8' },
    commits: { type: 'string', default: '25' },
    minutes: { type: 'string', default: '2' },
    database: { type: 'string', default: 'sqlite' },
    keep: { type: 'boolean', default: false },
  },
})
const [seed, writers, commits, minutes] = [values.seed, values.writers, values.commits, values.minutes].map(Number)
const directory = mkdtempSync(path.join(tmpdir(), `sluice-chaos-lake-${seed}-`))
const postgres = values.database === 'postgres' ? await startPostgres() : undefined
if (postgres) process.env['SLUICE_DATABASE_URL'] = postgres.url()
const result = await runLakeChaos({
  seed: seed ?? 1,
  writers: writers ?? 8,
  commits: commits ?? 25,
  chaosMs: (minutes ?? 2) * 60_000,
  roundMs: 25_000,
  python: process.env['SLUICE_PYICEBERG'],
  directory,
  say: (line) => void process.stderr.write(`${line}\n`),
})
process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
const isGood = result.findings.length === 0
if (isGood && !values.keep) rmSync(directory, { recursive: true })
else process.stdout.write(`lake and ledgers: ${directory}\n`)
process.stdout.write(
  `again: npm run chaos:lake -- --seed ${seed} --writers ${writers} --commits ${commits} --minutes ${minutes} --database ${values.database}\n`,
)
await postgres?.stop()
process.exit(isGood ? 0 : 1)
