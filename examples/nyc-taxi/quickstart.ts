// What `npm run quickstart` runs: three months of both colours into an embedded warehouse, and a summary.
import { openHome } from '@sluice/engine'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { parent } from './parent.ts'
import { openWarehouse } from './warehouse.ts'
import { defaultWarehouse } from './warehouse-kind.ts'

interface QuickstartOptions {
  readonly source: string
  readonly rows: number
  readonly directory: string
  readonly flaky: boolean
}

interface Loaded {
  readonly rows: number
  readonly appended: number
  readonly source: string
}

/** The quiet months of spring 2020: real files of a few megabytes each. */
const year = 2020
const months = [4, 5, 6]

async function quickstart({ source, rows, directory, flaky }: QuickstartOptions): Promise<void> {
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

const help = `node examples/nyc-taxi/quickstart.ts [options]

  --source    auto (default: the public files, or generated trips where they cannot be reached), generated,
              a directory, or a URL with {color} {year} {month} in it
  --rows      rows of a generated month (default 100000)
  --database  postgres://… loads into that PostgreSQL instead of a DuckDB file; so does the variable DATABASE_URL
  --directory where files go (default examples/nyc-taxi/data)
  --steady    leaves out the simulated failure`

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      source: { type: 'string', default: 'auto' },
      rows: { type: 'string', default: '100000' },
      database: { type: 'string' },
      directory: { type: 'string', default: path.join(import.meta.dirname, 'data') },
      steady: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) console.log(help)
  else {
    if (values.database !== undefined) process.env['DATABASE_URL'] = values.database
    await quickstart({
      ...values,
      rows: Number(values.rows),
      directory: path.resolve(values.directory),
      flaky: !values.steady,
    })
  }
}
