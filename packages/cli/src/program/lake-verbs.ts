import type { Command } from 'commander'
import { addLoadingVerbs } from './lake-loading-verbs.ts'
import { addLakeTrustVerbs } from './lake-trust-verbs.ts'
import { addLakeUpkeepVerbs } from './lake-upkeep-verbs.ts'
import { addRawVerbs } from './lake-raw-verbs.ts'
import { addFindingVerbs } from './lake-finding-verbs.ts'
import { examples, type JsonOptions, jsonOption, limit, list, type Verbs } from './options.ts'

const tableHelp = 'namespace.table'
const versionHelp = 'a tag, the id of a version, or a time (UTC)'

/** The tables of the project's lake. */
export function addLakeVerbs(program: Command, verbs: Verbs): void {
  const lake = program.command('lake').description('versioned tables: load files, look, query, go back')
  addLooking(lake, verbs)
  addReading(lake, verbs)
  addLoadingVerbs(lake, verbs)
  addDelete(lake, verbs)
  addRawVerbs(lake, verbs)
  addChanging(lake, verbs)
  addLakeUpkeepVerbs(lake, verbs)
  addLakeTrustVerbs(lake, verbs)
  addMending(lake, verbs)
  addFindingVerbs(lake, verbs)
}

function addLooking(lake: Command, { io, done }: Verbs): void {
  lake
    .command('ls', { isDefault: true })
    .description('list tables')
    .argument('[beginning]', 'only those whose names begin so')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake ls', 'sluice lake ls gold.']))
    .action(async (prefix: string | undefined, options: JsonOptions) => {
      const { listLakeTables } = await import('../lake/tables-command.ts')
      const known = lake.commands.map((command) => command.name())
      done(await listLakeTables(prefix, { json: options.json === true, verbs: known }, io))
    })
  lake
    .command('show')
    .description('show a table: columns, partitions, owner, where its files are, its last loads')
    .argument('<table>', tableHelp)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake show bronze.trips']))
    .action(async (table: string, options: JsonOptions) => {
      const { showTable } = await import('../lake/show-table.ts')
      done(await showTable(table, { json: options.json === true }, io))
    })
  lake
    .command('schema')
    .description('show the columns of a table, and how its schema changed')
    .argument('<table>', tableHelp)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake schema bronze.trips']))
    .action(async (table: string, options: JsonOptions) => {
      const { showSchema } = await import('../lake/schema-command.ts')
      done(await showSchema(table, { json: options.json === true }, io))
    })
  lake
    .command('versions')
    .description('list the versions of a table, with the runs that wrote them')
    .argument('<table>', tableHelp)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake versions bronze.trips']))
    .action(async (table: string, options: JsonOptions) => {
      const { listVersions } = await import('../lake/versions-command.ts')
      done(await listVersions(table, { json: options.json === true }, io))
    })
  lake
    .command('diff')
    .description('show what happened to a table between two versions: its columns and its rows')
    .argument('<table>', tableHelp)
    .argument('<from>', "a snapshot's id, a tag, a branch or a time")
    .argument('[to]', 'the same; what the table holds now, when left out')
    .option('--key <columns>', "columns that tell rows apart; the table's key, when left out", list)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice lake diff bronze.trips audited', 'sluice lake diff bronze.trips v1 v2 --key id']),
    )
    .action(async (table: string, from: string, to: string | undefined, options: DiffOptions) => {
      const { showDiff } = await import('../lake/diff-command.ts')
      done(await showDiff(table, from, to, { key: options.key, json: options.json === true }, io))
    })
}

interface DiffOptions extends JsonOptions {
  readonly key?: readonly string[]
}

interface PreviewOptions extends JsonOptions {
  readonly at?: string
  readonly limit: number
  readonly columns?: readonly string[]
}

function addReading(lake: Command, { io, done }: Verbs): void {
  lake
    .command('preview')
    .description('print some rows of a table')
    .argument('<table>', tableHelp)
    .option('--at <version>', versionHelp)
    .option('--columns <names>', 'only these, with commas between them', (text) => text.split(',').map((n) => n.trim()))
    .option('--limit <n>', 'how many rows at most', limit, 20)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice lake preview bronze.trips',
        'sluice lake preview bronze.trips --at 2026-03-01 --columns id,fare',
      ]),
    )
    .action(async (table: string, { at, columns, limit: rows, json }: PreviewOptions) => {
      const { previewRows } = await import('../lake/preview-command.ts')
      done(await previewRows(table, { at, columns, limit: rows, json: json === true }, io))
    })
  lake
    .command('sql')
    .description("ask one SELECT over the lake's tables, in DuckDB's SQL")
    .argument('<query>', "the SELECT, or '-' to read it from standard input")
    .option('--limit <n>', 'how many rows at most', limit, 100)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice lake sql "select zone, sum(fare) from bronze.trips group by zone"',
        `sluice lake sql "select count(*) from bronze.trips at (version => 'v1')"`,
      ]),
    )
    .action(async (query: string, { limit: rows, json }: JsonOptions & { readonly limit: number }) => {
      const { askLake } = await import('../lake/sql-command.ts')
      done(await askLake(query, { limit: rows, json: json === true }, io))
    })
}

interface DeleteOptions extends JsonOptions {
  readonly where?: readonly string[]
  readonly yes?: true
}

function addDelete(lake: Command, { io, done }: Verbs): void {
  lake
    .command('delete')
    .description('delete rows, as one new version; older versions keep them. Without --yes it says how many there are')
    .argument('<table>', tableHelp)
    .requiredOption('--where <column=value...>', 'all must hold; of one column one of its values')
    .option('--yes', 'do it')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice lake delete bronze.trips --where zone=4',
        'sluice lake delete bronze.trips --where zone=4 day=2026-01-01 --yes',
      ]),
    )
    .action(async (table: string, { where = [], yes, json }: DeleteOptions) => {
      const { deleteFrom } = await import('../lake/delete-command.ts')
      done(await deleteFrom(table, { where, yes: yes === true, json: json === true }, io))
    })
}

interface TagOptions extends JsonOptions {
  readonly delete?: true
}

interface RollbackOptions extends JsonOptions {
  readonly release?: string
}

function addChanging(lake: Command, { io, done }: Verbs): void {
  lake
    .command('rollback')
    .description('make an older version the current one, of a table or of all tables of a release; nothing is deleted')
    .argument('[table]', tableHelp)
    .argument('[version]', versionHelp)
    .option('--release <name>', 'all tables of this release, at once')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice lake rollback bronze.trips 5577006791947779410', 'sluice lake rollback --release 2026-01']),
    )
    .action(
      async (
        table: string | undefined,
        version: string | undefined,
        { release, json }: RollbackOptions,
        self: Command,
      ) => {
        const flags = { json: json === true }
        if (release !== undefined && table === undefined) {
          const { rollbackTo } = await import('../lake/release-command.ts')
          done(await rollbackTo(release, flags, io))
        } else if (table !== undefined && version !== undefined && release === undefined) {
          const { rollback } = await import('../lake/refs-command.ts')
          done(await rollback(table, version, flags, io))
        } else self.error('error: name a table and a version, or --release with the name of one')
      },
    )
  lake
    .command('tag')
    .description('give a version a name, under which it is found and kept')
    .argument('<table>', tableHelp)
    .argument('<name>', 'the tag; it is moved when it is there already')
    .argument('[version]', `${versionHelp}; else the current one`)
    .option('--delete', 'take the tag away')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice lake tag bronze.trips audited-2026', 'sluice lake tag bronze.trips audited-2026 --delete']),
    )
    .action(async (table: string, name: string, version: string | undefined, options: TagOptions) => {
      const { tag } = await import('../lake/refs-command.ts')
      const given = { version, delete: options.delete === true }
      done(await tag(table, name, given, { json: options.json === true }, io))
    })
}

function addMending(lake: Command, { io, done }: Verbs): void {
  const mend = (name: 'verify' | 'rebuild' | 'adopt' | 'relocate', description: string): void => {
    lake
      .command(name)
      .description(description)
      .addOption(jsonOption())
      .addHelpText('after', examples([`sluice lake ${name}`]))
      .action(async (options: JsonOptions) => {
        const commands = await import('../lake/mend-command.ts')
        done(await commands[name]({ json: options.json === true }, io))
      })
  }
  mend('verify', 'look whether all files of all versions are there; ends with 1 when they are not')
  mend('rebuild', 'make the catalogue anew from the files, when the database is lost')
  mend('adopt', 'write to a lake that another home has written')
  mend('relocate', 'after the directory was moved: tell other engines where the files are now')
}
