import type { Command } from 'commander'
import { versionCommand } from '../setup/version-command.ts'
import { examples, type JsonOptions, jsonOption, type Verbs } from './options.ts'

export function addSetupVerbs(program: Command, verbs: Verbs): void {
  addConfig(program, verbs)
  addProfile(program, verbs)
  addDoctor(program, verbs)
  addVersion(program, verbs)
}

function addConfig(program: Command, { io, done }: Verbs): void {
  const config = program.command('config').description('settings of yours, for all projects')
  config
    .command('ls', { isDefault: true })
    .description('list settings: what they are, and why')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice config ls']))
    .action(async (options: JsonOptions) => {
      const { listConfig } = await import('../setup/config-command.ts')
      done(await listConfig({ json: options.json === true }, io))
    })
  config
    .command('get')
    .description('print a setting')
    .argument('<setting>')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice config get log']))
    .action(async (name: string, options: JsonOptions) => {
      const { getConfig } = await import('../setup/config-command.ts')
      done(await getConfig(name, { json: options.json === true }, io))
    })
  config
    .command('set')
    .description('set a setting; without a value it gets its default again')
    .argument('<setting>')
    .argument('[value]')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice config set log plain', 'sluice config set log']))
    .action(async (name: string, value: string | undefined, options: JsonOptions) => {
      const { setConfig } = await import('../setup/config-command.ts')
      done(await setConfig(name, value, { json: options.json === true }, io))
    })
}

function addProfile(program: Command, { io, done }: Verbs): void {
  const profile = program.command('profile').description('servers that you work with')
  profile
    .command('ls', { isDefault: true })
    .description('list profiles; never their tokens')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice profile ls']))
    .action(async (options: JsonOptions) => {
      const { listProfiles } = await import('../setup/profile-command.ts')
      done(await listProfiles({ json: options.json === true }, io))
    })
  profile
    .command('show')
    .description('tell which server commands talk to now')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice profile show']))
    .action(async (options: JsonOptions) => {
      const { showProfile } = await import('../setup/profile-command.ts')
      done(await showProfile({ json: options.json === true }, io))
    })
  profile
    .command('use')
    .description('work on this server from now on; without a name on the project at hand')
    .argument('[name]')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice profile use prod', 'sluice profile use']))
    .action(async (name: string | undefined, options: JsonOptions) => {
      const { useProfile } = await import('../setup/profile-command.ts')
      done(await useProfile(name, { json: options.json === true }, io))
    })
  profile
    .command('set')
    .description('add or change a profile')
    .argument('<name>')
    .option('--url <url>', 'where its server is')
    .option('--token <source>', "'-' for standard input, or @file; a new profile's is asked for")
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice profile set prod --url https://sluice.example.org --token @token.txt']))
    .action(async (name: string, options: JsonOptions & { url?: string; token?: string }) => {
      const { setProfile } = await import('../setup/profile-command.ts')
      done(await setProfile(name, { ...options, json: options.json === true }, io))
    })
  profile
    .command('rm')
    .description('forget a profile')
    .argument('<name>')
    .addHelpText('after', examples(['sluice profile rm prod']))
    .action(async (name: string) => {
      const { removeProfile } = await import('../setup/profile-command.ts')
      done(await removeProfile(name, io))
    })
}

function addDoctor(program: Command, { io, done }: Verbs): void {
  program
    .command('doctor')
    .description('check Node, the home, the store, the lake, the disk, and say what to do')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice doctor']))
    .action(async (options: JsonOptions) => {
      const { doctorCommand } = await import('../setup/doctor-command.ts')
      done(await doctorCommand({ json: options.json === true }, io))
    })
}

function addVersion(program: Command, { io, done }: Verbs): void {
  program
    .command('version')
    .description('print the version')
    .addOption(jsonOption())
    .action((options: JsonOptions) => done(versionCommand({ json: options.json === true }, io)))
}
