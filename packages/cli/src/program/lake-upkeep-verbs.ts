import { type Command, InvalidArgumentError } from 'commander'
import { examples, type JsonOptions, jsonOption, list, several, type Verbs } from './options.ts'

const tableHelp = 'namespace.table'

/** What keeps tables in shape: their columns, old versions, files. */
export function addLakeUpkeepVerbs(lake: Command, verbs: Verbs): void {
  addAlter(lake, verbs)
  addBranch(lake, verbs)
  addExpire(lake, verbs)
  addCompact(lake, verbs)
  addSweep(lake, verbs)
  addDrop(lake, verbs)
}

interface ExpireOptions extends JsonOptions {
  readonly olderThan?: string
  readonly keep?: number
  readonly grace?: string
  readonly dryRun?: boolean
}

function addExpire(lake: Command, { io, done }: Verbs): void {
  lake
    .command('expire')
    .description('forget old versions of a table and delete their files; what a tag or branch points at stays')
    .argument('<table>', tableHelp)
    .option('--older-than <age>', 'such as 36h, 30d, 2y; else what the table says (retain), else five days')
    .option('--keep <n>', 'so many versions of each branch stay, however old', wholeNumber)
    .option('--grace <age>', 'whoever reads an old version has so much time to end; else an hour')
    .option('--dry-run', 'only say what would be done')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice lake expire bronze.trips --dry-run',
        'sluice lake expire bronze.trips --older-than 30d --keep 3',
      ]),
    )
    .action(async (table: string, { json, ...options }: ExpireOptions) => {
      const { expire } = await import('../lake/expire-command.ts')
      done(await expire(table, options, { json: json === true }, io))
    })
}

interface DropOptions extends JsonOptions {
  readonly yes?: boolean
  readonly purge?: boolean
  readonly grace?: string
}

function addDrop(lake: Command, { io, done }: Verbs): void {
  lake
    .command('drop')
    .description('drop a table: its name is free again; its files stay, or go with --purge')
    .argument('<table>', tableHelp)
    .option('--yes', 'needed: a table is not dropped by accident')
    .option('--purge', 'delete its files, once nobody reads them any more')
    .option('--grace <age>', 'whoever reads the table has so much time to end; else an hour')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice lake drop bronze.trips --yes', 'sluice lake drop bronze.trips --yes --purge']),
    )
    .action(async (table: string, { json, ...options }: DropOptions) => {
      const { drop } = await import('../lake/drop-command.ts')
      done(await drop(table, options, { json: json === true }, io))
    })
}

interface CompactOptions extends JsonOptions {
  readonly targetBytes?: number
}

function addCompact(lake: Command, { io, done }: Verbs): void {
  lake
    .command('compact')
    .description('write small files of a table together as larger ones; its rows and its version stay what they are')
    .argument('<table>', tableHelp)
    .option('--target-bytes <n>', 'what a file should have; else 128 MB', wholeNumber)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake compact bronze.trips']))
    .action(async (table: string, { json, ...options }: CompactOptions) => {
      const { compact } = await import('../lake/compact-command.ts')
      done(await compact(table, options, { json: json === true }, io))
    })
}

interface BranchOptions extends JsonOptions {
  readonly at?: string
  readonly delete?: boolean
}

function addBranch(lake: Command, { io, done }: Verbs): void {
  lake
    .command('branch')
    .description('make a branch of a table, for loads that main does not see')
    .argument('<table>', tableHelp)
    .argument('<name>', 'the branch')
    .option('--at <version>', 'a tag, the id of a version, or a time (UTC); else the current one')
    .option('--delete', 'take the branch away')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice lake branch bronze.trips try', 'sluice lake branch bronze.trips try --delete']),
    )
    .action(async (table: string, name: string, { json, ...options }: BranchOptions) => {
      const { branch } = await import('../lake/branch-command.ts')
      done(await branch(table, name, options, { json: json === true }, io))
    })
}

interface SweepOptions extends JsonOptions {
  readonly grace?: string
  readonly dryRun?: boolean
}

function addSweep(lake: Command, { io, done }: Verbs): void {
  lake
    .command('sweep')
    .description('delete what failed or killed loads have left, and files of what was forgotten')
    .option('--grace <age>', 'what is younger stays; else a day for loads, an hour for what was forgotten')
    .option('--dry-run', 'only say what would be done')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake sweep --dry-run', 'sluice lake sweep --grace 2h']))
    .action(async ({ json, ...options }: SweepOptions) => {
      const { sweep } = await import('../lake/sweep-command.ts')
      done(await sweep(options, { json: json === true }, io))
    })
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (/^[1-9]\d{0,14}$/.test(text)) return value
  throw new InvalidArgumentError('Give a whole number from 1 on.')
}

interface AlterOptions extends JsonOptions {
  readonly rename?: readonly string[]
  readonly drop?: readonly string[]
  readonly widen?: readonly string[]
  readonly describe?: readonly string[]
  readonly optional?: readonly string[]
  readonly owner?: string
  readonly description?: string
  readonly tag?: readonly string[]
  readonly key?: readonly string[]
  readonly reference?: readonly string[]
}

function addAlter(lake: Command, { io, done }: Verbs): void {
  lake
    .command('alter')
    .description(
      'change columns of a table, or what is said of it; no row is touched, and older versions read as they were',
    )
    .argument('<table>', tableHelp)
    .option('--rename <old=new>', 'a new name; may be given several times, as the others', several)
    .option('--drop <column>', 'a column that no key and no partition needs', several)
    .option('--widen <column=type>', 'to long from int, to double from float, to a decimal of more digits', several)
    .option('--describe <column=text>', 'what the column means', several)
    .option('--optional <column>', 'it may be null from now on', several)
    .option('--owner <name>', 'whose table it is')
    .option('--description <text>', 'what the table is')
    .option('--tag <tag>', 'in place of those of before', several)
    .option('--key <columns>', 'what tells rows apart: of merges, joins, and a check of later loads', list)
    .option(
      '--reference <column=table.column>',
      'another table has the values: of joins, and a check of later loads',
      several,
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice lake alter bronze.trips --rename amount=fare --describe fare="in dollars"',
        'sluice lake alter bronze.trips --drop note --widen zone=long',
        'sluice lake alter bronze.trips --owner fleet --key id --reference zone_id=bronze.zones.id',
      ]),
    )
    .action(async (table: string, options: AlterOptions) => {
      const { alter } = await import('../lake/alter-command.ts')
      done(await alter(table, options, io))
    })
}
