import type { Command } from 'commander'
import { examples, type JsonOptions, jsonOption, type Verbs, whole } from './options.ts'
import { addWorker } from './pool-verbs.ts'

const port = whole(0, 65_535)

export function addServiceVerbs(program: Command, verbs: Verbs): void {
  addDev(program, verbs)
  addServer(program, verbs)
  addWorker(program, verbs)
  addDatabase(program, verbs)
}

function addDev(program: Command, { io, done }: Verbs): void {
  program
    .command('dev')
    .description('server, worker and discovery in one: changed code is live at once')
    .argument('[files...]', "where to look for flows; 'flows/**/*.ts' and '*.flow.ts' when left out")
    .option('--port <n>', 'the port of the server; the next free one when it is taken', port, 4200)
    .option('--limit <n>', 'so many runs at once', whole(1, 10_000))
    .addHelpText('after', examples(['sluice dev', 'sluice dev etl.ts --port 4300']))
    .action(async (files: string[], options: { port: number; limit?: number }) => {
      const { devCommand } = await import('../service/dev-command.ts')
      done(await devCommand(files, options, io))
    })
}

interface ServerOptions extends JsonOptions {
  readonly host?: string
  readonly port: number
  readonly databaseUrl?: string
}

function addServer(program: Command, { io, done }: Verbs): void {
  const server = program.command('server').description('the API, the scheduler, the queues')
  server
    .command('start')
    .description('serve until Ctrl-C')
    .option('--host <host>', 'where to listen; only this machine when left out')
    .option('--port <n>', 'the port; 0 takes a free one', port, 4200)
    .option('--database-url <url>', 'PostgreSQL in place of SQLite in the home (better: SLUICE_DATABASE_URL)')
    .addOption(jsonOption('print one JSON line when it listens'))
    .addHelpText(
      'after',
      `
Several servers on one PostgreSQL share the work; each needs the same SLUICE_SECRET_KEY.
${examples(['sluice server start', 'sluice server start --host 0.0.0.0 --port 4200'])}`,
    )
    .action(async (options: ServerOptions) => {
      const { serverCommand } = await import('../service/server-command.ts')
      done(await serverCommand({ ...options, json: options.json === true }, io))
    })
  server
    .command('status', { isDefault: true })
    .description('tell whether a server runs, and which')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice server status']))
    .action(async (options: JsonOptions) => {
      const { serverStatus } = await import('../service/server-status.ts')
      done(await serverStatus({ json: options.json === true }, io))
    })
}

function addDatabase(program: Command, { io, done }: Verbs): void {
  const db = program.command('db').description('the care of the database')
  db.command('status', { isDefault: true })
    .description('where it is, its schema, its size')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice db status']))
    .action(async (options: JsonOptions) => {
      const { databaseStatus } = await import('../service/db-command.ts')
      done(await databaseStatus({ json: options.json === true }, io))
    })
  db.command('migrate')
    .description('bring its schema up to date; opening it does the same')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice db migrate']))
    .action(async (options: JsonOptions) => {
      const { migrateDatabase } = await import('../service/db-command.ts')
      done(await migrateDatabase({ json: options.json === true }, io))
    })
  db.command('backup')
    .description('write a copy of a SQLite database, also while it is in use')
    .argument('<file>', 'a file that is not there yet')
    .addHelpText('after', examples(['sluice db backup sluice-backup.db']))
    .action(async (file: string) => {
      const { backupDatabase } = await import('../service/db-command.ts')
      done(await backupDatabase(file, io))
    })
  db.command('vacuum')
    .description('give room that deleted rows took back to the disk')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice db vacuum']))
    .action(async (options: JsonOptions) => {
      const { vacuumDatabase } = await import('../service/db-command.ts')
      done(await vacuumDatabase({ json: options.json === true }, io))
    })
  db.command('rotate-key')
    .description('encrypt the secrets of all blocks with a new key')
    .addOption(jsonOption())
    .option('--key <source>', "the new key, '-' or @file: only where the key is in SLUICE_SECRET_KEY")
    .addHelpText('after', examples(['sluice db rotate-key', 'sluice db rotate-key --key @new.key']))
    .action(async (options: JsonOptions & { key?: string }) => {
      const { rotateKey } = await import('../service/rotate-key.ts')
      done(await rotateKey({ key: options.key, json: options.json === true }, io))
    })
}
