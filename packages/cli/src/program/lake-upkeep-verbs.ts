import type { Command } from 'commander'
import { examples, type JsonOptions, jsonOption, type Verbs } from './options.ts'

const tableHelp = 'namespace.table'

/** What keeps tables in shape: their columns, old versions, files. */
export function addLakeUpkeepVerbs(lake: Command, verbs: Verbs): void {
  addAlter(lake, verbs)
}

interface AlterOptions extends JsonOptions {
  readonly rename?: readonly string[]
  readonly drop?: readonly string[]
  readonly widen?: readonly string[]
  readonly describe?: readonly string[]
  readonly optional?: readonly string[]
}

function addAlter(lake: Command, { io, done }: Verbs): void {
  const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]
  lake
    .command('alter')
    .description('change columns of a table; no row is touched, and older versions read as they were')
    .argument('<table>', tableHelp)
    .option('--rename <old=new>', 'a new name; may be given several times, as the others', several)
    .option('--drop <column>', 'a column that no key and no partition needs', several)
    .option('--widen <column=type>', 'to long from int, to double from float, to a decimal of more digits', several)
    .option('--describe <column=text>', 'what the column means', several)
    .option('--optional <column>', 'it may be null from now on', several)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice lake alter bronze.trips --rename amount=fare --describe fare="in dollars"',
        'sluice lake alter bronze.trips --drop note --widen zone=long',
      ]),
    )
    .action(async (table: string, options: AlterOptions) => {
      const { rename = [], drop = [], widen = [], describe = [], optional = [] } = options
      const { alter } = await import('../lake/alter-command.ts')
      done(await alter(table, { rename, drop, widen, describe, optional, json: options.json === true }, io))
    })
}
