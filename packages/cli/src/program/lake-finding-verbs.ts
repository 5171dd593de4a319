import { type Command, InvalidArgumentError } from 'commander'
import { examples, type JsonOptions, jsonOption, limit, type Verbs } from './options.ts'

/** What is where, who made it from what. */
export function addFindingVerbs(lake: Command, verbs: Verbs): void {
  addSearch(lake, verbs)
  addLineage(lake, verbs)
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

function depth(text: string): number {
  const steps = Number(text)
  if (!Number.isSafeInteger(steps) || steps < 1 || steps > 50)
    throw new InvalidArgumentError('It is a whole number from 1 to 50.')
  return steps
}
