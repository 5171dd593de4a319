import { type Command, Option } from 'commander'
import {
  collect,
  examples,
  flagsOf,
  type JsonOptions,
  jsonOption,
  type ParameterOptions,
  type Verbs,
  whole,
  withParameters,
} from './options.ts'

const nameHelp = 'flow/name, or one of the two where only one has it'

export function addDeploymentVerbs(program: Command, verbs: Verbs): void {
  addDeploy(program, verbs)
  const deployments = program.command('deployments').description('flows that run by themselves, or when asked to')
  addList(deployments, verbs)
  addRunDeployment(deployments, verbs)
  addChange(deployments, verbs)
}

interface DeployOptions extends ParameterOptions, JsonOptions {
  readonly name?: string
  readonly cron?: string[]
  readonly every?: string[]
  readonly timezone?: string
  readonly pool?: string
  readonly queue?: string
  readonly priority?: number
  readonly description?: string
  readonly tag?: string[]
  readonly block?: string[]
  readonly paused?: true
  readonly catchUp?: 'none' | 'latest' | 'all'
  readonly misfireGrace?: string
}

function addDeploy(program: Command, { io, done }: Verbs): void {
  withParameters(program.command('deploy'))
    .description('deploy a flow, or without a file all that the project declares')
    .argument('[file:export]', 'the file, and the export where it has several flows')
    .option('--name <name>', "what to call it; 'default' when left out")
    .option('--cron <cron>', 'run at these times: minute hour day month weekday (repeatable)', collect)
    .option('--every <duration>', 'run every so often, as 15m (repeatable)', collect)
    .option('--timezone <zone>', 'of its schedules, as Europe/Berlin; UTC when left out')
    .option('--pool <pool>', 'whose workers run it')
    .option('--queue <queue>', 'of the pool')
    .option('--priority <n>', 'each step counts as a minute of waiting (-100 to 100)', whole(-100, 100))
    .option('--description <text>', 'what it is for')
    .option('--tag <tag>', 'a tag for its runs (repeatable)', collect)
    .option('--block <kind/name>', 'a block that its runs may open, as Secret/api-key (repeatable)', collect)
    .option('--paused', 'do not fire its schedules yet')
    .addOption(
      new Option('--catch-up <what>', 'what happens with times that were missed').choices(['none', 'latest', 'all']),
    )
    .option('--misfire-grace <duration>', 'how late a time may be before it counts as missed; 5m when left out')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Without a file: what sluice.config.ts and flow.deploy() declare. Deploying the same again changes nothing.
${examples(['sluice deploy etl.ts:ingest --name nightly --cron "0 5 * * *" --timezone Europe/Berlin', 'sluice deploy etl.ts --name often --every 15m -p color=green', 'sluice deploy'])}`,
    )
    .action(async (target: string | undefined, options: DeployOptions) => {
      const { deployCommand } = await import('../deployments/deploy-command.ts')
      const flags = {
        ...options,
        ...flagsOf(options),
        cron: options.cron ?? [],
        every: options.every ?? [],
        tag: options.tag ?? [],
        block: options.block ?? [],
        paused: options.paused === true,
        json: options.json === true,
      }
      done(await deployCommand(target, flags, io))
    })
}

function addList(deployments: Command, { io, done }: Verbs): void {
  deployments
    .command('ls', { isDefault: true })
    .description('list deployments: their schedules, when they run next')
    .option('--flow <name>', 'only of this flow')
    .option('--pool <pool>', 'only of this pool')
    .option('--tag <tag>', 'only with this tag')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice deployments ls --pool default']))
    .action(async (options: JsonOptions & { flow?: string; pool?: string; tag?: string }) => {
      const { listDeployments } = await import('../deployments/deployments-command.ts')
      const { flow, pool, tag } = options
      done(await listDeployments({ flow, pool, tag, json: options.json === true }, io))
    })
  deployments
    .command('show')
    .description('show a deployment: code, parameters, schedules')
    .argument('<name>', nameHelp)
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice deployments show ingest/nightly']))
    .action(async (name: string, options: JsonOptions) => {
      const { showDeployment } = await import('../deployments/deployments-command.ts')
      done(await showDeployment(name, { json: options.json === true }, io))
    })
}

interface RunOptions extends ParameterOptions, JsonOptions {
  readonly at?: string
  readonly in?: string
  readonly name?: string
  readonly tag?: string[]
  readonly priority?: number
  readonly queue?: string
  readonly idempotencyKey?: string
  readonly wait?: true
  readonly watch?: 'logs'
}

function addRunDeployment(deployments: Command, { io, done }: Verbs): void {
  withParameters(deployments.command('run'))
    .description('start a run of a deployment, now or at a time')
    .argument('<name>', nameHelp)
    .option('--at <time>', 'when, as 2026-12-01T10:00Z; without a zone it is local')
    .option('--in <duration>', 'how long from now, as 5m')
    .option('--name <name>', 'what to call the run')
    .option('--tag <tag>', 'a tag for the run (repeatable)', collect)
    .option('--priority <n>', 'each step counts as a minute of waiting (-100 to 100)', whole(-100, 100))
    .option('--queue <queue>', "another queue of the deployment's pool")
    .option('--idempotency-key <key>', 'the same key gives the same run again')
    .option('--wait', 'wait for its end, print its result; the exit code tells how it ended')
    .addOption(new Option('--watch <what>', 'print what it logs until it ends').choices(['logs']))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice deployments run ingest/nightly -p months=[3] --wait',
        'sluice deployments run nightly --in 5m',
        'sluice deployments run nightly --watch logs',
      ]),
    )
    .action(async (name: string, options: RunOptions) => {
      const { runDeployment } = await import('../deployments/run-deployment.ts')
      const flags = {
        ...options,
        ...flagsOf(options),
        tag: options.tag ?? [],
        wait: options.wait === true,
        logs: options.watch === 'logs',
        json: options.json === true,
      }
      done(await runDeployment(name, flags, io))
    })
}

function addChange(deployments: Command, { io, done }: Verbs): void {
  for (const verb of ['pause', 'resume'] as const) {
    deployments
      .command(verb)
      .description(verb === 'pause' ? 'let its schedules fire no more' : 'let its schedules fire again')
      .argument('<name>', nameHelp)
      .option('--schedule <slug>', 'only this schedule of it')
      .addOption(jsonOption())
      .addHelpText('after', examples([`sluice deployments ${verb} ingest/nightly`]))
      .action(async (name: string, options: JsonOptions & { schedule?: string }) => {
        const { setDeploymentPaused } = await import('../deployments/deployments-command.ts')
        const flags = { schedule: options.schedule, json: options.json === true }
        done(await setDeploymentPaused(name, verb === 'pause', flags, io))
      })
  }
  deployments
    .command('rm')
    .description('delete a deployment with its schedules; its runs stay')
    .argument('<name>', nameHelp)
    .addHelpText('after', examples(['sluice deployments rm ingest/nightly']))
    .action(async (name: string) => {
      const { removeDeployment } = await import('../deployments/deployments-command.ts')
      done(await removeDeployment(name, io))
    })
}
