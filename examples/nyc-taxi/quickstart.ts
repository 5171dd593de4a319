// What `npm run quickstart` runs: three months of both colours into one table of the lake, and their revenue.
import { openHome } from '@sluice/engine'
import { lake, table } from 'sluice'
import { type LandedMonth, type Revenue, taxiLake } from './lake.ts'
import { quickstartArguments, type QuickstartOptions } from './quickstart-arguments.ts'
import { defaultWarehouse } from './warehouse-kind.ts'

interface Loaded {
  readonly rows: number
  readonly added: number
  readonly source: string
  readonly published: number
  readonly landed: readonly LandedMonth[]
}

/** The quiet months of spring 2020: real files of a few megabytes each. */
const year = 2020
const months = [4, 5, 6]

async function quickstart({ source, rows, database, directory, flaky }: QuickstartOptions): Promise<void> {
  if (database !== undefined) process.env['DATABASE_URL'] = database
  console.log(
    `Taxi trips of ${months.length} months, yellow and green: as CSV, Avro and Parquet, into one table of the lake.\n`,
  )
  // Months of another length are other months: they get tables of their own.
  const other = rows === 100_000 ? '' : `_${rows}`
  const tables = { trips: `bronze.trips${other}`, revenue: `gold.revenue${other}` }
  const warehouse = defaultWarehouse()
  const running = taxiLake({ months, year, source, rows, directory, warehouse, flaky, ...tables })
  const loaded = await running
  console.log(monthsTable(loaded.landed))
  console.log(await revenueTable(tables.revenue))
  console.log(await summary(running.id, loaded, tables.trips, flaky))
  console.log(whatNext(running.id, tables))
}

/** Boroughs below each other, months beside each other. */
async function revenueTable(name: string): Promise<string> {
  const rows = await lake.sql<Revenue>`select * from ${table(name)} order by revenue desc`.all()
  const found = [...new Set(rows.map(({ month }) => month))].toSorted()
  const boroughs = [...new Set(rows.map(({ borough }) => borough))]
  const revenueIn = (borough: string, month: string): number =>
    rows.find((row) => row.borough === borough && row.month === month)?.revenue ?? 0
  const lines = boroughs.map((borough) => [borough].concat(found.map((month) => dollars(revenueIn(borough, month)))))
  return aligned([['Revenue by pickup', ...found], ...lines])
}

/** What each file has made of the table's columns; of files that were there already only how many trips they have. */
function monthsTable(landed: readonly LandedMonth[]): string {
  const lines = landed.map(({ file, rows, added, newColumns, widened, missing }, i) => {
    const changes = [
      ...(i === 0 && newColumns.length > 0
        ? [`the table, of ${newColumns.length} columns`]
        : newColumns.map((name) => `+ ${name}`)),
      ...widened.map((change) => `~ ${change}`),
      ...(missing.length === 0 ? [] : [`without ${missing.join(', ')}`]),
    ]
    return [file, number(rows), added === 0 ? 'was there already' : changes.join(', ')]
  })
  return `${aligned([['File', 'Trips', 'What it makes of the columns'], ...lines], 2)}\n`
}

/** Cells below each other: numbers to the right, the first column and those from `text` on to the left. */
function aligned(cells: readonly (readonly string[])[], text = Number.POSITIVE_INFINITY): string {
  const widths = cells[0]?.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0))) ?? []
  const padded = (cell: string, i: number): string =>
    i === 0 || i >= text ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)
  return cells.map((line) => `  ${line.map(padded).join('  ').trimEnd()}`).join('\n')
}

async function summary(id: string, loaded: Loaded, trips: string, flaky: boolean): Promise<string> {
  const [inTable] = await lake.sql<{ n: number }>`select count(*) as n from ${table(trips)}`.all()
  await using home = await openHome()
  const counts = await home.store.countTaskRuns(id)
  const record = await home.store.getRun(id)
  const seconds = ((record?.endedAt ?? 0) - (record?.startedAt ?? 0)) / 1_000_000
  return list(
    [
      ['Source', loaded.source],
      ['Trips', `${number(loaded.added)} added, ${number(inTable?.n ?? 0)} in ${trips}`],
      ...(loaded.published === 0
        ? []
        : [['PostgreSQL', `${number(loaded.published)} rows in the table revenue`] as const]),
      ['Tasks', number(counts.total)],
      [
        'Retries',
        number(counts.retries) + (flaky && counts.retries > 0 ? ' (one failure was simulated, to show it)' : ''),
      ],
      ['Cache hits', number(counts.cached) + (counts.cached === 0 ? ' (run it again to see some)' : '')],
      ['Time', `${seconds.toFixed(1)} s`],
    ],
    '',
  )
}

function whatNext(id: string, { trips, revenue }: { readonly trips: string; readonly revenue: string }): string {
  return list(
    [
      ['npx sluice lake ls', 'the tables'],
      [`npx sluice lake show ${trips}`, 'columns, owner, loads, where its files are'],
      [`npx sluice lake schema ${trips}`, 'how its schema changed from month to month'],
      [`npx sluice lake versions ${trips}`, 'a version for each month of each company, and the run that wrote it'],
      ['npx sluice lake releases', 'which versions of the tables belong together'],
      [`npx sluice lake joins ${trips} bronze.zones`, 'the SQL that joins them'],
      [`npx sluice lake sql "select * from ${revenue} limit 5"`, 'ask it'],
      [`npx sluice runs show ${id}`, 'the tree of this run, with timings'],
      ['npm run quickstart:run -- --rows 1000000', 'a longer run: kill it midway (kill -9), then'],
      ['npx sluice runs retry last', 'goes on where it was; no month is there twice'],
    ],
    '\nLook further:',
  )
}

function list(rows: readonly (readonly [string, string])[], title: string): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return [title, ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)].join('\n')
}

function number(value: number): string {
  return value.toLocaleString('en')
}

function dollars(value: number): string {
  return `$${value.toLocaleString('en', { maximumFractionDigits: 0 })}`
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
