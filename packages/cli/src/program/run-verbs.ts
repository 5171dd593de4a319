import type { Command } from 'commander'
import type { ListFlags } from '../runs/list-command.ts'
import { withCleanOutput } from '../output/with-clean-output.ts'
import {
  collect,
  examples,
  flagsOf,
  idHelp,
  type JsonOptions,
  jsonOption,
  limit,
  type ParameterOptions,
  runName,
  runNames,
  type Verbs,
  withParameters,
} from './options.ts'

export function addRun(program: Command, { io, done }: Verbs): void {
  withParameters(program.command('run'))
    .description('run a flow in this process and wait for its end')
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
    .action(async (target: string, options: ParameterOptions & JsonOptions & { tag?: string[] }) => {
      const { runCommand } = await import('../runs/run-command.ts')
      const flags = { ...flagsOf(options), tag: options.tag ?? [], json: options.json === true }
      done(await withCleanOutput(io, flags.json, (clean) => runCommand(target, flags, clean)))
    })
}

export function addRunVerbs(program: Command, verbs: Verbs): void {
  const runs = program.command('runs').description('look at runs, continue, repeat, answer and cancel them')
  addList(runs, verbs)
  addShow(runs, verbs)
  addLogs(runs, verbs)
  addArtifacts(runs, verbs)
  addWhy(runs, verbs)
  addRetry(runs, verbs)
  addRerun(runs, verbs)
  addResume(runs, verbs)
  addAnswer(runs, verbs)
  addCancel(runs, verbs)
  addWaits(program, verbs)
}

function addList(runs: Command, { io, done }: Verbs): void {
  runs
    .command('ls', { isDefault: true })
    .description('list runs, newest first')
    .option('--flow <name>', 'only runs of this flow')
    .option(
      '--state <type>',
      'only in this state: running, completed, failed, crashed, cancelled, … (repeatable)',
      collect,
    )
    .option('--deployment <flow/name>', 'only runs of this deployment')
    .option('--tag <tag>', 'only runs with this tag')
    .option('--name <beginning>', 'only runs whose name begins with this')
    .option('--since <time>', 'only runs made since: 2h ago, or a time')
    .option('--limit <n>', 'at most so many (1 to 1000)', limit, 20)
    .option('--after <cursor>', 'the next page, as told by the one before')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice runs ls --state failed --state crashed --since 1d',
        'sluice runs ls --deployment ingest/nightly --limit 5 --json',
      ]),
    )
    .action(async (options: Omit<ListFlags, 'state' | 'json'> & JsonOptions & { state?: string[] }) => {
      const { listCommand } = await import('../runs/list-command.ts')
      done(await listCommand({ ...options, state: options.state ?? [], json: options.json === true }, io))
    })
}

function addShow(runs: Command, { io, done }: Verbs): void {
  runs
    .command('show')
    .description('show one run: its tasks and child runs with their times, its error, what to do next')
    .argument('<id>', idHelp, runName)
    .option('-a, --all', 'repeated calls one by one')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice runs show last', 'sluice runs show 0199a1b2-c3d4 --json']))
    .action(async (id: string, options: JsonOptions & { all?: true }) => {
      const { showCommand } = await import('../runs/show-command.ts')
      done(await showCommand(id, { all: options.all === true, json: options.json === true }, io))
    })
}

function addLogs(runs: Command, { io, done }: Verbs): void {
  runs
    .command('logs')
    .description('print what a run logged')
    .argument('<id>', idHelp, runName)
    .option('-f, --follow', 'go on until the run ends; with --json one object per line')
    .option('--level <level>', 'this level and above: trace, debug, info, warn, error, fatal')
    .option('--limit <n>', 'at most so many entries', limit)
    .option('--after <cursor>', 'the next page, as told by the one before (with --json)')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice runs logs -f last', 'sluice runs logs 0199a1b2-c3d4 --level warn']))
    .action(
      async (id: string, options: JsonOptions & { level?: string; limit?: number; after?: string; follow?: true }) => {
        const { logsCommand } = await import('../runs/logs-command.ts')
        const flags = { ...options, follow: options.follow === true, json: options.json === true }
        done(await logsCommand(id, flags, io))
      },
    )
}

function addArtifacts(runs: Command, { io, done }: Verbs): void {
  runs
    .command('artifacts')
    .description('print what a run left to look at: tables, markdown, links, progress')
    .argument('<id>', idHelp, runName)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice runs artifacts last', 'sluice runs artifacts last --json']))
    .action(async (id: string, options: JsonOptions) => {
      const { artifactsCommand } = await import('../runs/artifacts-command.ts')
      done(await artifactsCommand(id, { json: options.json === true }, io))
    })
}

function addWhy(runs: Command, { io, done }: Verbs): void {
  runs
    .command('why')
    .description('tell why a run is not running, and what to do about it')
    .argument('<id>', idHelp, runName)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice runs why last']))
    .action(async (id: string, options: JsonOptions) => {
      const { whyCommand } = await import('../runs/why-command.ts')
      done(await whyCommand(id, { json: options.json === true }, io))
    })
}

function addRetry(runs: Command, { io, done }: Verbs): void {
  runs
    .command('retry')
    .description('continue a failed, crashed or cancelled run from its checkpoints')
    .argument('<id>', idHelp, runName)
    .option('--all-failed', 'run every failed call again, also those whose failure was handled')
    .option('--force', 'take over a run whose process is on another machine and gone')
    .option('--from <task>', 'also run this task, and all that was recorded after its first call, again')
    .option('--version <version>', "of the deployment's code: a number, latest, or pinned (what it had)")
    .option('--wait', 'wait for the end of a run that workers take up')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
A run that a script started goes on in this process; one that belongs to a pool goes back to its workers.
${examples(['sluice runs retry 0199a1b2-c3d4', 'sluice runs retry last --from load'])}`,
    )
    .action(async (id: string, options: JsonOptions & RetryOptions) => {
      const { retryCommand } = await import('../runs/retry-command.ts')
      const flags = {
        allFailed: options.allFailed === true,
        force: options.force === true,
        from: options.from,
        version: options.version,
        wait: options.wait === true,
        json: options.json === true,
      }
      done(await withCleanOutput(io, flags.json, (clean) => retryCommand(id, flags, clean)))
    })
}

interface RetryOptions {
  readonly allFailed?: true
  readonly force?: true
  readonly from?: string
  readonly version?: string
  readonly wait?: true
}

function addRerun(runs: Command, { io, done }: Verbs): void {
  withParameters(runs.command('rerun'))
    .description('start a new run with the parameters of an old one')
    .argument('<id>', idHelp, runName)
    .option('--wait', 'wait for the end of a run that workers take up')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice runs rerun 0199a1b2-c3d4', 'sluice runs rerun 0199a1b2-c3d4 -p months=[3]']),
    )
    .action(async (id: string, options: ParameterOptions & JsonOptions & { wait?: true }) => {
      const { rerunCommand } = await import('../runs/rerun-command.ts')
      const flags = { ...flagsOf(options), wait: options.wait === true, json: options.json === true }
      done(await withCleanOutput(io, flags.json, (clean) => rerunCommand(id, flags, clean)))
    })
}

function addResume(runs: Command, { io, done }: Verbs): void {
  runs
    .command('resume')
    .description('let a paused, suspended or scheduled run go on now')
    .argument('<id>', idHelp, runName)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice runs resume 0199a1b2-c3d4']))
    .action(async (id: string, options: JsonOptions) => {
      const { resumeCommand } = await import('../runs/resume-command.ts')
      done(await resumeCommand(id, { json: options.json === true }, io))
    })
}

function addAnswer(runs: Command, { io, done }: Verbs): void {
  withParameters(runs.command('answer'))
    .description('give a run the input that it waits for')
    .argument('<id>', idHelp, runName)
    .argument('[key]', 'which input, where it waits for several')
    .option('--value <json>', 'the whole answer: JSON where it is JSON, else text')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice runs answer last -p approved=true', 'sluice runs answer 0199a1b2-c3d4 color --value green']),
    )
    .action(
      async (id: string, key: string | undefined, options: ParameterOptions & JsonOptions & { value?: string }) => {
        const { answerCommand } = await import('../runs/answer-command.ts')
        done(
          await answerCommand(id, key, { ...flagsOf(options), value: options.value, json: options.json === true }, io),
        )
      },
    )
}

function addCancel(runs: Command, { io, done }: Verbs): void {
  runs
    .command('cancel')
    .description('ask runs to stop, and wait up to 10 s until they have')
    .argument('<id...>', idHelp, runNames)
    .option('--no-wait', 'only ask')
    .option('--task <task>', 'only this task of the run, by name or id: the flow sees its call rejected')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice runs cancel last', 'sluice runs cancel last --task load']))
    .action(async (ids: string[], options: JsonOptions & { wait: boolean; task?: string }) => {
      const { cancelCommand } = await import('../runs/cancel-command.ts')
      done(await cancelCommand(ids, { wait: options.wait, task: options.task, json: options.json === true }, io))
    })
}

function addWaits(program: Command, { io, done }: Verbs): void {
  program
    .command('waits')
    .description('list what runs wait for')
    .command('ls', { isDefault: true })
    .description('list open waits: inputs, events, times, other runs')
    .option('--run <id>', 'only of this run', runName)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice waits ls', 'sluice waits ls --run last']))
    .action(async (options: JsonOptions & { run?: string }) => {
      const { waitsCommand } = await import('../runs/waits-command.ts')
      done(await waitsCommand({ run: options.run, json: options.json === true }, io))
    })
}
