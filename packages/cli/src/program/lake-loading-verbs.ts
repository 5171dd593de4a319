import { type Command, InvalidArgumentError, Option } from 'commander'
import type { IngestFlags } from '../lake/ingest-options.ts'
import { examples, type JsonOptions, jsonOption, list, several, type Verbs } from './options.ts'

const tableHelp = 'namespace.table'
const contractHelp =
  'columns=freeze, types=discard, onTypeChange=rewrite, or of one column fare.types=freeze; may be given several times'

/** How rows get into tables, and what becomes of those that do not. */
export function addLoadingVerbs(lake: Command, verbs: Verbs): void {
  addIngest(lake, verbs)
  addQuarantine(lake, verbs)
}

interface IngestOptions extends JsonOptions, Partial<Omit<IngestFlags, 'nullText'>> {
  readonly nullText?: readonly string[]
}

function addIngest(lake: Command, { io, done }: Verbs): void {
  const command = lake
    .command('ingest')
    .description('load files into a table, as one new version; makes the table when there is none')
    .argument('<table>', tableHelp)
    .argument('[files...]', 'paths, globs, URLs: CSV, JSON, Parquet, Avro, also packed (gz, zst)')
    .option('--replace', 'in place of what the table holds')
    .option('--merge', 'in place of the rows with the same key')
    .option('--key <columns>', 'of a merge: what tells rows apart (default: the key of the table)', list)
    .option('--sequence-by <column>', 'of a merge: a column that grows; older rows do not replace newer ones')
    .addOption(new Option('--mode <mode>', 'of a merge').choices(['upsert', 'insert-only', 'delete-insert']))
    .addOption(new Option('--once <what>', 'leaves out files that the table has already').choices(['content', 'path']))
  addFormat(command)
    .option('--rename <old=new>', 'another name for a column of the files; may be given several times', several)
    .option('--contract <rule>', `what becomes of what does not fit: ${contractHelp}`, several)
    .option('--max-rejected <share>', 'share of rows that may be rejected, 0 to 1 (default: 0.01)', share)
    .option('--branch <name>', 'onto this branch of the table, which `lake branch` makes')
    .option('--id <id>', 'makes it the same load when it comes again')
    .addOption(new Option('--raw <what>', 'what is kept of the files').choices(['copy', 'reference', 'none']))
    .option('--from-raw <load>', 'in place of files: what an earlier load got, as `lake raw` lists it')
    .option('--of <table>', 'of --from-raw: the table that the load was into (default: this one)')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice lake ingest bronze.trips trips.csv.gz',
        'sluice lake ingest bronze.trips "data/*.parquet" --once content',
        'sluice lake ingest bronze.trips old.csv --rename amount=fare --branch trial',
        'sluice lake ingest bronze.trips odd.csv --delimiter ";" --null-text "NA,-" --encoding latin-1',
        'sluice lake ingest bronze.trips trips.csv --contract columns=quarantine --contract fare.types=freeze',
        'sluice lake ingest bronze.trips --from-raw 4f1c0d --replace',
        'sluice lake ingest silver.users changes.ndjson --merge --key id --sequence-by updated_at',
      ]),
    )
    .action(async (table: string, files: readonly string[], options: IngestOptions) => {
      const { ingest } = await import('../lake/ingest-command.ts')
      done(await ingest(table, files, options, io))
    })
}

/** What a file does not tell of itself. */
function addFormat(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', 'where the file does not tell').choices([
        'csv',
        'tsv',
        'json',
        'ndjson',
        'parquet',
        'avro',
      ]),
    )
    .option('--delimiter <character>', 'of CSV, where it is not found out', character)
    .option('--quote <character>', 'of CSV; "" when nothing is quoted', character)
    .option('--escape <character>', 'of CSV: what comes before a quote that is part of a value', character)
    .option('--header', 'of CSV: the first line is names')
    .option('--no-header', 'of CSV: the first line is data; columns are column_1, column_2 …')
    .option('--null-text <texts>', 'of CSV: what else stands for no value: "NA,-"', nullTexts)
    .option('--encoding <name>', 'of text: utf-8, utf-16, latin-1')
}

/** `\t` is how a tab is typed in a shell. */
function character(text: string): string {
  return text === String.raw`\t` ? '\t' : text
}

function nullTexts(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...list(text)]
}

interface QuarantineOptions extends JsonOptions {
  readonly load?: string
  readonly contract?: readonly string[]
}

function addQuarantine(lake: Command, { io, done }: Verbs): void {
  const quarantine = lake
    .command('quarantine')
    .description('show the rows that did not fit into a table: why, how many, one of each')
    .argument('<table>', tableHelp)
    .option('--load <id>', 'only those of one load')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice lake quarantine bronze.trips', 'sluice lake quarantine replay bronze.trips']),
    )
    .action(async (table: string, { load, json }: QuarantineOptions) => {
      const { showQuarantine } = await import('../lake/quarantine-command.ts')
      done(await showQuarantine(table, { load, json: json === true }, io))
    })
  quarantine
    .command('replay')
    .description('try them again, under the columns that the table has now')
    .argument('<table>', tableHelp)
    .option('--load <id>', 'only those of one load')
    .option('--contract <rule>', contractHelp, several)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice lake quarantine replay bronze.trips',
        'sluice lake quarantine replay bronze.trips --contract columns=evolve',
      ]),
    )
    .action(async (table: string, _options: QuarantineOptions, command: Command) => {
      const { replay } = await import('../lake/quarantine-command.ts')
      // Options that the command above has too are taken by it.
      const { load, contract = [], json } = command.optsWithGlobals<QuarantineOptions>()
      done(await replay(table, { load, contract, json: json === true }, io))
    })
}

function share(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('It is a number from 0 to 1.')
  return value
}
