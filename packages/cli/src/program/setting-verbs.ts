import type { Command } from 'commander'
import {
  collect,
  examples,
  flagsOf,
  type JsonOptions,
  jsonOption,
  limit,
  type ParameterOptions,
  type Verbs,
  whole,
  withParameters,
} from './options.ts'

export function addSettingVerbs(program: Command, verbs: Verbs): void {
  addLimits(program, verbs)
  addVariables(program, verbs)
  addBlocks(program, verbs)
  addTokens(program, verbs)
  addEvents(program, verbs)
}

function addLimits(program: Command, { io, done }: Verbs): void {
  const limits = program.command('limits').description('how much may be done at once, counted over all processes')
  limits
    .command('ls', { isDefault: true })
    .description('list limits: held, waiting')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice limits ls']))
    .action(async (options: JsonOptions) => {
      const { listLimits } = await import('../settings/limits-command.ts')
      done(await listLimits({ json: options.json === true }, io))
    })
  limits
    .command('show')
    .description('show a limit, and who holds it')
    .argument('<limit>')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice limits show warehouse']))
    .action(async (name: string, options: JsonOptions) => {
      const { showLimit } = await import('../settings/limits-command.ts')
      done(await showLimit(name, { json: options.json === true }, io))
    })
  limits
    .command('set')
    .description('set the slots of a limit; this counts more than what code declares')
    .argument('<limit>')
    .argument('<slots>', 'how many; 0 stops everything that needs it', whole(0, 100_000))
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice limits set warehouse 4']))
    .action(async (name: string, slots: number, options: JsonOptions) => {
      const { setLimit } = await import('../settings/limits-command.ts')
      done(await setLimit(name, slots, { json: options.json === true }, io))
    })
  limits
    .command('rm')
    .description('delete a limit; code that declares it makes it again')
    .argument('<limit>')
    .addHelpText('after', examples(['sluice limits rm warehouse']))
    .action(async (name: string) => {
      const { removeLimit } = await import('../settings/limits-command.ts')
      done(await removeLimit(name, io))
    })
}

function addVariables(program: Command, { io, done }: Verbs): void {
  const variables = program.command('variables').description('values that flows read by name; not for secrets')
  variables
    .command('ls', { isDefault: true })
    .description('list variables')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice variables ls']))
    .action(async (options: JsonOptions) => {
      const { listVariables } = await import('../settings/variables-command.ts')
      done(await listVariables({ json: options.json === true }, io))
    })
  variables
    .command('get')
    .description('print the value of a variable')
    .argument('<variable>')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice variables get region']))
    .action(async (name: string, options: JsonOptions) => {
      const { getVariable } = await import('../settings/variables-command.ts')
      done(await getVariable(name, { json: options.json === true }, io))
    })
  variables
    .command('set')
    .description('set a variable: JSON where it is JSON, else text')
    .argument('<variable>')
    .argument('<value>')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice variables set region eu', "sluice variables set months '[1,2]'"]))
    .action(async (name: string, value: string, options: JsonOptions) => {
      const { setVariable } = await import('../settings/variables-command.ts')
      done(await setVariable(name, value, { json: options.json === true }, io))
    })
  variables
    .command('rm')
    .description('delete a variable')
    .argument('<variable>')
    .addHelpText('after', examples(['sluice variables rm region']))
    .action(async (name: string) => {
      const { removeVariable } = await import('../settings/variables-command.ts')
      done(await removeVariable(name, io))
    })
}

function addBlocks(program: Command, verbs: Verbs): void {
  const blocks = program.command('blocks').description('saved configuration with secrets, kept encrypted')
  addReadBlocks(blocks, verbs)
  addChangeBlocks(blocks, verbs)
}

function addReadBlocks(blocks: Command, { io, done }: Verbs): void {
  blocks
    .command('kinds')
    .description('list the kinds of blocks there are, and their fields')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice blocks kinds']))
    .action(async (options: JsonOptions) => {
      const { listBlockKinds } = await import('../settings/blocks-command.ts')
      done(await listBlockKinds({ json: options.json === true }, io))
    })
  blocks
    .command('ls', { isDefault: true })
    .description('list blocks')
    .option('--kind <kind>', 'only of this kind')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice blocks ls --kind Secret']))
    .action(async (options: JsonOptions & { kind?: string }) => {
      const { listBlocks } = await import('../settings/blocks-command.ts')
      done(await listBlocks({ kind: options.kind, json: options.json === true }, io))
    })
  blocks
    .command('show')
    .description('show a block; secrets as asterisks')
    .argument('<kind>')
    .argument('<name>')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice blocks show PostgresDatabase warehouse']))
    .action(async (kind: string, name: string, options: JsonOptions) => {
      const { showBlock } = await import('../settings/blocks-command.ts')
      done(await showBlock(kind, name, { json: options.json === true }, io))
    })
}

function addChangeBlocks(blocks: Command, { io, done }: Verbs): void {
  blocks
    .command('set')
    .description('save a block; fields that are left out keep their value, secrets that are missing are asked for')
    .argument('<kind>', 'as in `sluice blocks kinds`')
    .argument('<name>')
    .option('--field <name=value>', 'a field; name=- reads standard input, name=@file a file (repeatable)', collect)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice blocks set Secret github-token',
        'sluice blocks set PostgresDatabase warehouse --field host=db.example.org --field password=- < password.txt',
      ]),
    )
    .action(async (kind: string, name: string, options: JsonOptions & { field?: string[] }) => {
      const { setBlock } = await import('../settings/blocks-command.ts')
      done(await setBlock(kind, name, { field: options.field ?? [], json: options.json === true }, io))
    })
  blocks
    .command('rm')
    .description('delete a block')
    .argument('<kind>')
    .argument('<name>')
    .addHelpText('after', examples(['sluice blocks rm Secret github-token']))
    .action(async (kind: string, name: string) => {
      const { removeBlock } = await import('../settings/blocks-command.ts')
      done(await removeBlock(kind, name, io))
    })
}

function addTokens(program: Command, { io, done }: Verbs): void {
  const tokens = program.command('tokens').description('API tokens for programs and other machines')
  tokens
    .command('ls', { isDefault: true })
    .description('list tokens; never their text')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice tokens ls']))
    .action(async (options: JsonOptions) => {
      const { listTokens } = await import('../settings/tokens-command.ts')
      done(await listTokens({ json: options.json === true }, io))
    })
  tokens
    .command('create')
    .description('make a token and print it, this once')
    .argument('<name>', 'who it is for')
    .option('--scope <scope>', 'read, run (the default), admin, or worker (repeatable)', collect)
    .option('--expires <duration>', 'how long it opens anything, as 90d')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice tokens create ci --scope run --expires 90d', 'sluice tokens create worker-2 --scope worker']),
    )
    .action(async (name: string, options: JsonOptions & { scope?: string[]; expires?: string }) => {
      const { createToken } = await import('../settings/tokens-command.ts')
      const flags = { scope: options.scope ?? [], expires: options.expires, json: options.json === true }
      done(await createToken(name, flags, io))
    })
  tokens
    .command('revoke')
    .description('let a token open nothing any more')
    .argument('<id>', 'its id, the beginning of it, or its name')
    .addHelpText('after', examples(['sluice tokens revoke ci']))
    .action(async (id: string) => {
      const { revokeToken } = await import('../settings/tokens-command.ts')
      done(await revokeToken(id, io))
    })
}

function addEvents(program: Command, { io, done }: Verbs): void {
  const events = program.command('events').description('what happened, and telling that something did')
  events
    .command('ls', { isDefault: true })
    .description('list events, newest first')
    .option('--name <name>', 'only of this name')
    .option('--limit <n>', 'at most so many (1 to 1000)', limit, 20)
    .option('--after <cursor>', 'the next page, as told by the one before')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice events ls --name order.paid', 'sluice events ls --json']))
    .action(async (options: JsonOptions & { name?: string; limit: number; after?: string }) => {
      const { listEvents } = await import('../settings/events-command.ts')
      done(await listEvents({ ...options, json: options.json === true }, io))
    })
  withParameters(events.command('emit'))
    .description('tell that something happened: runs that wait for it go on')
    .argument('<name>', "words joined by dots, as 'order.paid'")
    .option('--key <key>', 'which of them, as an order number')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice events emit order.paid --key 1001 -p amount=9.90']))
    .action(async (name: string, options: ParameterOptions & JsonOptions & { key?: string }) => {
      const { emitEvent } = await import('../settings/events-command.ts')
      done(await emitEvent(name, { ...flagsOf(options), key: options.key, json: options.json === true }, io))
    })
}
