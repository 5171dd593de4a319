import { type Arguments, parseArguments } from './arguments.ts'
import { type BenchRow, grouped } from './bench-row.ts'
import { forkChild } from './fork-child.ts'
import { type Machine, machineLine, thisMachine } from './machine.ts'
import { type Measurement, measurements } from './measurement.ts'
import { comparePeers } from './peers.ts'
import { type BenchPostgres, benchPostgres } from './postgres.ts'
import { tableText } from './table.ts'

const asked = parseArguments(process.argv.slice(2))
if ('options' in asked) process.exitCode = (await bench(asked.options)) ? 1 : 0
else {
  const stream = asked.exitCode === 0 ? process.stdout : process.stderr
  stream.write(`${asked.text}\n`)
  process.exitCode = asked.exitCode
}

/** True when something failed. */
async function bench(options: Arguments): Promise<boolean> {
  // A home or database of the user's must not be measured, or filled.
  for (const name of Object.keys(process.env)) if (name.startsWith('SLUICE_')) delete process.env[name]
  const command = ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ')
  const machine = thisMachine()
  await using postgres = benchPostgres()
  if (options.peers) return await comparePeers(options, postgres, { machine, command })
  return await measureAll(options, postgres, { machine, command })
}

/** True when a measurement failed, or with `--strict` when a figure is over its budget. */
async function measureAll(
  options: Arguments,
  postgres: BenchPostgres,
  where: Pick<Result, 'machine' | 'command'>,
): Promise<boolean> {
  const { json, strict } = options
  const rows: BenchRow[] = []
  const problems: string[] = []
  for (const measurement of measurements.filter((each) => isWanted(each, options))) {
    process.stderr.write(`${measurement.name} …\n`)
    try {
      rows.push(...(await runMeasurement(measurement, postgres, options)))
    } catch (error) {
      problems.push(`${measurement.name}: ${String(error)}`)
    }
  }
  const result = { ...where, postgres: postgres.settings, rows, problems }
  process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : textOf(result))
  return problems.length > 0 || (strict && rows.some((row) => row.ok === false))
}

async function runMeasurement(
  { name, postgres: needed, long }: Measurement,
  server: BenchPostgres,
  { rows: count }: Arguments,
): Promise<readonly BenchRow[]> {
  const limits = long ? { timeoutMs: 3_600_000 } : {}
  const run = (env: Record<string, string>) => {
    const given = { ...env, ...(count !== undefined && { BENCH_ROWS: count }) }
    return forkChild<readonly BenchRow[]>({ script: 'child.ts', args: [name], env: given, ...limits })
  }
  const rows = needed ? await server.withDatabase((url) => run({ BENCH_DATABASE_URL: url })) : await run({})
  return rows ?? []
}

/** Long ones only when somebody asks: for all of them, or for one by its whole name. `--rows` asks for the lists. */
function isWanted({ name, long }: Measurement, { only, long: all, rows }: Arguments): boolean {
  if (rows !== undefined) return name === 'run-lists'
  return name.includes(only) && (long !== true || all || only === name)
}

interface Result {
  readonly machine: Machine
  readonly command: string
  readonly postgres: string | undefined
  readonly rows: readonly BenchRow[]
  readonly problems: readonly string[]
}

function textOf({ postgres: settings, rows, problems, ...where }: Result): string {
  const lines = rows.map(({ name, value, unit, budget = '', ok, note = '' }) => [
    name,
    grouped(value),
    unit,
    budget,
    ok === undefined ? '' : ok ? 'ok' : 'over',
    note,
  ])
  const table = tableText(['what', 'figure', 'unit', 'budget', '', ''], lines, new Set([1, 3]))
  const database = settings === undefined ? '' : `PostgreSQL: ${settings}\n`
  const failures = problems.map((problem) => `failed: ${problem}\n`).join('')
  return `\n${table}\n\n${machineLine(where.machine)}\n${database}$ ${where.command}\n${failures}`
}
