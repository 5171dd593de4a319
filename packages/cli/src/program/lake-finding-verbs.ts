import { type Command, InvalidArgumentError } from 'commander'
import { examples, type JsonOptions, jsonOption, limit, type Verbs } from './options.ts'

/** What is where, who made it from what. */
export function addFindingVerbs(lake: Command, verbs: Verbs): void {
  addSearch(lake, verbs)
  addLineage(lake, verbs)
  addJoins(lake, verbs)
  addAudit(lake, verbs)
  addFiles(lake, verbs)
  addView(lake, verbs)
}

function addSearch(lake: Command, { io, done }: Verbs): void {
  lake
    .command('search')
    .description('find tables, views, filesets and files by words of their names, columns and descriptions')
    .argument('<words...>', 'all of them must be found')
    .option('--limit <n>', 'how many at most', limit, 50)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake search fare', 'sluice lake search trips owner@example.org']))
    .action(async (words: readonly string[], options: JsonOptions & { readonly limit: number }) => {
      const { searchLake } = await import('../lake/search-command.ts')
      done(await searchLake(words, { limit: options.limit, json: options.json === true }, io))
    })
}

interface LineageOptions extends JsonOptions {
  readonly upstream?: true
  readonly downstream?: true
  readonly depth: number
}

function addLineage(lake: Command, { io, done }: Verbs): void {
  lake
    .command('lineage')
    .description('show what a dataset was made from and what was made from it, with the runs that did it')
    .argument('<dataset>', 'namespace.table, or the URL of something outside')
    .option('--upstream', 'only what it was made from')
    .option('--downstream', 'only what was made from it')
    .option('--depth <n>', 'how many steps', depth, 3)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice lake lineage gold.revenue', 'sluice lake lineage bronze.trips --downstream --depth 1']),
    )
    .action(async (dataset: string, { upstream, downstream, depth: steps, json }: LineageOptions) => {
      const { showLineage } = await import('../lake/lineage-command.ts')
      const one = upstream ? 'upstream' : 'downstream'
      const direction = upstream === downstream ? 'both' : one
      done(await showLineage(dataset, { direction, depth: steps, json: json === true }, io))
    })
}

function addJoins(lake: Command, { io, done }: Verbs): void {
  lake
    .command('joins')
    .description(
      'show what a table can be joined with; with another table, the SQL that joins them, also over tables in between',
    )
    .argument('<table>', 'namespace.table')
    .argument('[other]', 'the table to join it with')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice lake joins bronze.trips', 'sluice lake joins bronze.trips bronze.boroughs']),
    )
    .action(async (table: string, other: string | undefined, { json }: JsonOptions) => {
      const { showJoins } = await import('../lake/joins-command.ts')
      done(await showJoins(table, other, { json: json === true }, io))
    })
}

function addAudit(lake: Command, { io, done }: Verbs): void {
  lake
    .command('audit')
    .description('show who read, wrote, changed or dropped what, newest first')
    .argument('[dataset]', 'only of this one: namespace.table, or the URL of something outside')
    .option('--limit <n>', 'how many at most', limit, 50)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake audit', 'sluice lake audit bronze.trips --limit 200']))
    .action(async (dataset: string | undefined, options: JsonOptions & { readonly limit: number }) => {
      const { showAudit } = await import('../lake/audit-command.ts')
      done(await showAudit(dataset, { limit: options.limit, json: options.json === true }, io))
    })
}

interface ViewOptions extends JsonOptions {
  readonly description?: string
  readonly drop?: true
}

function addView(lake: Command, { io, done }: Verbs): void {
  lake
    .command('view')
    .description('give a query a name, under which other queries have it like a table; without a query, show it')
    .argument('<name>', 'namespace.view')
    .argument('[query]', "one SELECT, or '-' to read it from standard input")
    .option('--description <text>', 'what it is')
    .option('--drop', 'take it away')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake view gold.big_trips "select * from bronze.trips where fare > 100"']))
    .action(async (name: string, query: string | undefined, options: ViewOptions) => {
      const { lakeView } = await import('../lake/view-command.ts')
      const { description, drop, json } = options
      done(await lakeView(name, query, { description, drop: drop === true, json: json === true }, io))
    })
}

function addFiles(lake: Command, { io, done }: Verbs): void {
  lake
    .command('files')
    .description('list the files of a fileset')
    .argument('<fileset>', 'namespace.fileset')
    .argument('[beginning]', 'only those whose names begin so')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake files raw.contracts', 'sluice lake files raw.contracts 2026/']))
    .action(async (fileset: string, prefix: string | undefined, options: JsonOptions) => {
      const { listFiles } = await import('../lake/files-command.ts')
      done(await listFiles(fileset, prefix, { json: options.json === true }, io))
    })
  lake
    .command('put')
    .description(
      'put a file of any kind into a fileset, as a new version of its name; makes the fileset when there is none',
    )
    .argument('<fileset>', 'namespace.fileset')
    .argument('<file>', 'its path')
    .option('--as <name>', 'its name in the fileset; else its own')
    .option('--media-type <type>', 'else by its extension, or its first bytes')
    .option('--meta <key=value>', 'what else is known of it; may come several times', keyValue, {})
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake put raw.contracts acme.pdf --as 2026/acme.pdf --meta party=Acme']))
    .action(async (fileset: string, file: string, options: PutOptions) => {
      const { putFile } = await import('../lake/files-command.ts')
      const { as, mediaType, meta, json } = options
      const given = { ...(as !== undefined && { as }), ...(mediaType !== undefined && { mediaType }) }
      done(await putFile(fileset, file, { ...given, metadata: meta, json: json === true }, io))
    })
  lake
    .command('get')
    .description('get a file of a fileset, into a file here')
    .argument('<fileset>', 'namespace.fileset')
    .argument('<name>', 'its name in the fileset')
    .option('-o, --out <file>', 'the file to write; else one of its name')
    .option('--at <version>', 'an older version of it')
    .addHelpText('after', examples(['sluice lake get raw.contracts 2026/acme.pdf -o acme.pdf']))
    .action(async (fileset: string, name: string, { out, at }: { readonly out?: string; readonly at?: string }) => {
      const { getFile } = await import('../lake/files-command.ts')
      done(await getFile(fileset, name, { out, version: at }, io))
    })
}

interface PutOptions extends JsonOptions {
  readonly as?: string
  readonly mediaType?: string
  readonly meta: Readonly<Record<string, string>>
}

function keyValue(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It is key=value.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

function depth(text: string): number {
  const steps = Number(text)
  if (!Number.isSafeInteger(steps) || steps < 1 || steps > 50)
    throw new InvalidArgumentError('It is a whole number from 1 to 50.')
  return steps
}
