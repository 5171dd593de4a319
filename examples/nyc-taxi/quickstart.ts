// What `npm run quickstart` runs: three months of both colours into an embedded warehouse, and a summary.
import { openHome } from '@sluice/engine'
import path from 'node:path'
import { parent } from './parent.ts'
import { quickstartArguments, type QuickstartOptions } from './quickstart-arguments.ts'
import { openWarehouse } from './warehouse.ts'
import { defaultWarehouse } from './warehouse-kind.ts'

interface Loaded {
  readonly rows: number
  readonly appended: number
  readonly source: string
}

/** The quiet months of spring 2020: real files of a few megabytes each. */
const year = 2020
const months = [4, 5, 6]

async function quickstart({ source, rows, database, directory, flaky }: QuickstartOptions): Promise<void> {
  if (database !== undefined) process.env['DATABASE_URL'] = database
  console.log(
    `Taxi trips of ${months.length} months, yellow and green: fetch, clean, keep as Parquet, load into a warehouse.\n`,
  )
  const warehouse = defaultWarehouse()
  const running = parent({ months, year, colors: ['yellow', 'green'], source, rows, directory, warehouse, flaky })
  const loaded = await running
  await using target = await openWarehouse(warehouse, directory, new AbortController().signal)
  const inTable = await target.count('rides')
  console.log(await summary(running.id, loaded, inTable, flaky))
  console.log(whatNext(running.id, directory, target.location))
}

async function summary(id: string, loaded: Loaded, inTable: number, flaky: boolean): Promise<string> {
  await using home = await openHome()
  const counts = await home.store.countTaskRuns(id)
  const record = await home.store.getRun(id)
  const seconds = ((record?.endedAt ?? 0) - (record?.startedAt ?? 0)) / 1_000_000
  return table([
    ['Source', loaded.source],
    [
      'Rows',
      `${number(loaded.rows)} read, ${number(loaded.appended)} of them new; ${number(inTable)} in the warehouse`,
    ],
    ['Tasks', number(counts.total)],
    [
      'Retries',
      number(counts.retries) + (flaky && counts.retries > 0 ? ' (one failure was simulated, to show it)' : ''),
    ],
    ['Cache hits', number(counts.cached) + (counts.cached === 0 ? ' (run it again to see some)' : '')],
    ['Time', `${seconds.toFixed(1)} s`],
  ])
}

function whatNext(id: string, directory: string, location: string): string {
  const shown = path.relative(process.cwd(), directory) || '.'
  return table(
    [
      ['npx sluice runs ls', 'every run so far'],
      [`npx sluice runs show ${id}`, 'the tree of this one, with timings'],
      [`npx sluice runs logs ${id}`, 'what it said'],
      ['npm run quickstart:run -- --rows 1000000', 'a longer run: kill it midway (kill -9), then'],
      ['npx sluice runs retry <id>', 'goes on where it was'],
      [`ls ${path.join(shown, '*', '*.parquet')}`, 'the files'],
      [path.isAbsolute(location) ? path.relative(process.cwd(), location) : location, 'the warehouse, table rides'],
    ],
    '\nLook further:',
  )
}

function table(rows: readonly (readonly [string, string])[], title = ''): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return [title, ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)].join('\n')
}

function number(value: number): string {
  return value.toLocaleString('en')
}

if (import.meta.main) {
  const asked = quickstartArguments(process.argv.slice(2))
  if ('options' in asked) await quickstart(asked.options)
  else {
    const stream = asked.exitCode === 0 ? process.stdout : process.stderr
    stream.write(`${asked.text}\n`)
    process.exitCode = asked.exitCode
  }
}
