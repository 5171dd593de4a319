import { Command, InvalidArgumentError, Option } from 'commander'
import type { CliIo } from './io.ts'
import { isRunName } from './run-name.ts'
import type { ParameterFlags } from './parameters.ts'
import { versionCommand, versionText } from './version-command.ts'
import { withCleanOutput } from './with-clean-output.ts'

/** Takes the exit code of the verb that ran. */
export type Done = (code: number) => void

/**
 * The verbs and their options. Each verb's own code is imported when it runs: `sluice version` must not wait for the
 * engine, the store and their database drivers. With `json` the parser itself is silent: `main` tells a wrong command as JSON.
 */
export function createProgram(io: CliIo, done: Done, json: boolean): Command {
  const program = new Command('sluice')
    .description('Durable workflows for data, in TypeScript.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => (json ? true : io.stderr.write(text)),
    })
    .showHelpAfterError('(add --help for the options and examples)')
    .version(versionText(), '-V, --version', 'print the version')
    .addHelpText(
      'after',
      examples([
        'sluice run etl.ts -p months=[1,2]',
        'sluice runs ls',
        'sluice runs show last',
        'sluice runs retry last',
        'sluice doctor',
      ]),
    )
  addRun(program, io, done)
  addRuns(program, io, done)
  addDoctor(program, io, done)
  addVersion(program, io, done)
  return program
}

function addRun(program: Command, io: CliIo, done: Done): void {
  withParameters(program.command('run'))
    .description('run a flow and wait for its end')
    .argument('<file[:export]>', 'the file, and the export where it has several flows')
    .option('--tag <tag>', 'a tag for the run (repeatable)', collect)
    .addOption(jsonOption('print the run as JSON in place of its result'))
    .addHelpText(
      'after',
      `
Progress goes to standard error (SLUICE_LOG=live|plain|json|silent), the result to standard output.
Exit code: 0 Completed; 1 failed or crashed; 2 the command, its file or its parameters are wrong and nothing was run;
130 cancelled.
${examples(['sluice run etl.ts', 'sluice run etl.ts:ingest -p color=green -p months=[1,2]', 'sluice run etl.ts --params \'{"source":{"kind":"http"}}\' -p source.retries=3', 'sluice run etl.ts --params @params.json --json | jq .state'])}`,
    )
    .action(async (target: string, options: ParameterOptions & { tag?: string[]; json?: true }) => {
      const { runCommand } = await import('./run-command.ts')
      const flags = { ...flagsOf(options), tag: options.tag ?? [], json: options.json === true }
      done(await withCleanOutput(io, flags.json, (clean) => runCommand(target, flags, clean)))
    })
}

function addRuns(program: Command, io: CliIo, done: Done): void {
  const runs = program.command('runs').description('look at runs, continue, repeat and cancel them')
  addList(runs, io, done)
  addShow(runs, io, done)
  addLogs(runs, io, done)
  addArtifacts(runs, io, done)
  addRetry(runs, io, done)
  addRerun(runs, io, done)
  addCancel(runs, io, done)
}

function addList(runs: Command, io: CliIo, done: Done): void {
  runs
    .command('ls', { isDefault: true })
    .description('list runs, newest first')
    .option('--flow <name>', 'only runs of this flow')
    .option(
      '--state <type>',
      'only in this state: running, completed, failed, crashed, cancelled, … (repeatable)',
      collect,
    )
    .option('--limit <n>', 'at most so many (1 to 1000)', limit, 20)
    .option('--after <cursor>', 'the next page, as told by the one before')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice runs ls --state failed --state crashed', 'sluice runs ls --flow ingest --limit 5 --json']),
    )
    .action(async (options: { flow?: string; state?: string[]; limit: number; after?: string; json?: true }) => {
      const { listCommand } = await import('./list-command.ts')
      done(await listCommand({ ...options, state: options.state ?? [], json: options.json === true }, io))
    })
}

function addShow(runs: Command, io: CliIo, done: Done): void {
  runs
    .command('show')
    .description('show one run: its tasks and child runs with their times, its error, what to do next')
    .argument('<id>', idHelp, runName)
    .option('-a, --all', 'repeated calls one by one')
    .addOption(jsonOption())
    .action(async (id: string, options: { all?: true; json?: true }) => {
      const { showCommand } = await import('./show-command.ts')
      done(await showCommand(id, { all: options.all === true, json: options.json === true }, io))
    })
}

function addLogs(runs: Command, io: CliIo, done: Done): void {
  runs
    .command('logs')
    .description('print what a run logged')
    .argument('<id>', idHelp, runName)
    .option('--level <level>', 'this level and above: trace, debug, info, warn, error, fatal')
    .option('--limit <n>', 'at most so many entries', limit)
    .option('--after <cursor>', 'the next page, as told by the one before (with --json)')
    .addOption(jsonOption())
    .action(async (id: string, options: { level?: string; limit?: number; after?: string; json?: true }) => {
      const { logsCommand } = await import('./logs-command.ts')
      done(await logsCommand(id, { ...options, json: options.json === true }, io))
    })
}

function addArtifacts(runs: Command, io: CliIo, done: Done): void {
  runs
    .command('artifacts')
    .description('print what a run left to look at: tables, markdown, links, progress')
    .argument('<id>', idHelp, runName)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice runs artifacts last', 'sluice runs artifacts last --json']))
    .action(async (id: string, options: { json?: true }) => {
      const { artifactsCommand } = await import('./artifacts-command.ts')
      done(await artifactsCommand(id, { json: options.json === true }, io))
    })
}

function addRetry(runs: Command, io: CliIo, done: Done): void {
  runs
    .command('retry')
    .description('continue a failed, crashed or cancelled run from its checkpoints, in this process')
    .argument('<id>', idHelp, runName)
    .option('--all-failed', 'run every failed call again, also those whose failure was handled')
    .option('--force', 'take over a run whose process is on another machine and gone')
    .option('--from <task>', 'also run this task, and all that was recorded after its first call, again')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice runs retry 0199a1b2-c3d4', 'sluice runs retry last --from load']))
    .action(async (id: string, options: { allFailed?: true; force?: true; from?: string; json?: true }) => {
      const { retryCommand } = await import('./retry-command.ts')
      const flags = {
        allFailed: options.allFailed === true,
        force: options.force === true,
        from: options.from,
        json: options.json === true,
      }
      done(await withCleanOutput(io, flags.json, (clean) => retryCommand(id, flags, clean)))
    })
}

function addRerun(runs: Command, io: CliIo, done: Done): void {
  withParameters(runs.command('rerun'))
    .description('start a new run with the parameters of an old one')
    .argument('<id>', idHelp, runName)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice runs rerun 0199a1b2-c3d4', 'sluice runs rerun 0199a1b2-c3d4 -p months=[3]']),
    )
    .action(async (id: string, options: ParameterOptions & { json?: true }) => {
      const { rerunCommand } = await import('./rerun-command.ts')
      const flags = { ...flagsOf(options), json: options.json === true }
      done(await withCleanOutput(io, flags.json, (clean) => rerunCommand(id, flags, clean)))
    })
}

function addCancel(runs: Command, io: CliIo, done: Done): void {
  runs
    .command('cancel')
    .description('ask a run to stop, and wait up to 10 s until it has')
    .argument('<id>', idHelp, runName)
    .option('--no-wait', 'only ask')
    .addOption(jsonOption())
    .action(async (id: string, options: { wait: boolean; json?: true }) => {
      const { cancelCommand } = await import('./cancel-command.ts')
      done(await cancelCommand(id, { wait: options.wait, json: options.json === true }, io))
    })
}

function addDoctor(program: Command, io: CliIo, done: Done): void {
  program
    .command('doctor')
    .description('check Node, the home, the store, the disk, and say what to do')
    .addOption(jsonOption())
    .action(async (options: { json?: true }) => {
      const { doctorCommand } = await import('./doctor-command.ts')
      done(await doctorCommand({ json: options.json === true }, io))
    })
}

function addVersion(program: Command, io: CliIo, done: Done): void {
  program
    .command('version')
    .description('print the version')
    .addOption(jsonOption())
    .action((options: { json?: true }) => done(versionCommand({ json: options.json === true }, io)))
}

const idHelp = "a run's id, or as much of its beginning as is unique, or 'last' for the newest run"

interface ParameterOptions {
  readonly param?: string[]
  readonly params?: string
}

function flagsOf(options: ParameterOptions): ParameterFlags {
  return { param: options.param ?? [], params: options.params }
}

function withParameters(command: Command): Command {
  return command
    .option(
      '-p, --param <name=value>',
      'a parameter: JSON where it is JSON, else text; a.b=1 for nested ones (repeatable)',
      collect,
    )
    .option('--params <json>', 'all parameters as a JSON object, or @file; -p wins')
}

function jsonOption(description = 'print JSON'): Option {
  return new Option('--json', description)
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

function runName(text: string): string {
  if (isRunName(text)) return text
  throw new InvalidArgumentError("It is neither 'last' nor the beginning of a run's id (four characters or more).")
}

function limit(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 1000)
    throw new InvalidArgumentError('It is a whole number from 1 to 1000.')
  return value
}

function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ npx ${line}`).join('\n')}\n`
}
