import { Command, Option } from 'commander'
import type { CliIo } from '../io.ts'
import { setEnvironment } from '../platform.ts'
import { versionText } from '../setup/version-command.ts'
import { addDeploymentVerbs } from './deployment-verbs.ts'
import { examples } from './options.ts'
import { addLakeVerbs } from './lake-verbs.ts'
import { addPoolVerbs } from './pool-verbs.ts'
import { addRun, addRunVerbs } from './run-verbs.ts'
import { addServiceVerbs } from './service-verbs.ts'
import { addSettingVerbs } from './setting-verbs.ts'
import { addSetupVerbs } from './setup-verbs.ts'

/** Takes the exit code of the verb that ran. */
export type Done = (code: number) => void

interface GlobalOptions {
  readonly apiUrl?: string
  readonly profile?: string
}

/**
 * The verbs and their options. Each verb's own code is imported when it runs: `sluice version` must not wait for the
 * engine, the store and their database drivers. With `json` the parser itself is silent: `main` tells a wrong command as JSON.
 */
export function createProgram(io: CliIo, done: Done, json: boolean): Command {
  const env = { ...io.env }
  const program = new Command('sluice')
    .description('Durable workflows for data, in TypeScript.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => (json ? true : io.stderr.write(text)),
    })
    .showHelpAfterError('(add --help for the options and examples)')
    .version(versionText(), '-V, --version', 'print the version')
    // Else `runs retry --version latest` would ask for the version of the command.
    .enablePositionalOptions()
    .hook('preAction', async (_, verb) => {
      overrule(env, verb.optsWithGlobals<GlobalOptions>())
      if (usesSettings(verb)) await addSettings(env)
    })
    .addHelpText(
      'after',
      examples([
        'sluice run etl.ts -p months=[1,2]',
        'sluice dev',
        'sluice deploy etl.ts:ingest --name nightly --cron "0 5 * * *"',
        'sluice runs ls',
        'sluice runs retry last',
      ]),
    )
  const verbs = { io: { ...io, env }, done }
  addRun(program, verbs)
  addServiceVerbs(program, verbs)
  addDeploymentVerbs(program, verbs)
  addRunVerbs(program, verbs)
  addLakeVerbs(program, verbs)
  addPoolVerbs(program, verbs)
  addSettingVerbs(program, verbs)
  addSetupVerbs(program, verbs)
  addGlobalOptions(program, true)
  return program
}

/** Before and after the verb, told in the help of the command only. */
function addGlobalOptions(command: Command, told: boolean): void {
  const options = [
    new Option('--api-url <url>', 'the server to talk to, in place of the project at hand (SLUICE_API_URL)'),
    new Option('--profile <name>', 'a server of `sluice profile ls` to talk to (SLUICE_PROFILE)'),
  ]
  for (const option of options) command.addOption(told ? option : option.hideHelp())
  for (const verb of command.commands) addGlobalOptions(verb, false)
}

/** A file that is wrong must not keep anybody from looking at it and changing it. */
function usesSettings(verb: Command): boolean {
  const noun = verb.parent?.parent === null ? verb.name() : (verb.parent?.name() ?? '')
  return !['config', 'profile', 'version', 'completion', 'complete'].includes(noun)
}

/** What the person has set in `config.toml` counts where the environment says nothing: for this command, and for what it runs. */
async function addSettings(env: Record<string, string | undefined>): Promise<void> {
  const { settingVariables } = await import('../setup/settings.ts')
  const variables = await settingVariables(env)
  Object.assign(env, variables)
  setEnvironment(variables)
}

/** What the command line says about the server counts more than the environment. */
function overrule(env: Record<string, string | undefined>, { apiUrl, profile }: GlobalOptions): void {
  if (profile !== undefined) Object.assign(env, { SLUICE_PROFILE: profile, SLUICE_API_URL: undefined })
  if (apiUrl !== undefined) env['SLUICE_API_URL'] = apiUrl
}
