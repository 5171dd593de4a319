import { SluiceError } from '@sluice/core'
import type { DatabaseStatus } from '@sluice/store'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { withHome } from '../connect/with-home.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { factLines, showOne } from '../output/show-list.ts'

interface Flags {
  readonly json: boolean
}

/** `sluice db status` */
export async function databaseStatus(flags: Flags, io: CliIo): Promise<number> {
  return withHome(io, async (home) => showStatus(await home.store.databaseStatus(), flags, io), { mark: false })
}

/** `sluice db migrate`: opening it to write brings its schema up to date. */
export async function migrateDatabase(flags: Flags, io: CliIo): Promise<number> {
  const migrate = { mark: false, create: true }
  return withHome(io, async (home) => showStatus(await home.store.databaseStatus(), flags, io), migrate)
}

/** `sluice db backup <file>` */
export async function backupDatabase(file: string, io: CliIo): Promise<number> {
  const target = path.resolve(io.cwd, file)
  if (existsSync(target))
    throw new SluiceError('OPTION_INVALID', { option: 'file', problem: `'${file}' is there already` })
  await withHome(io, (home) => home.store.backupTo(target), { mark: false })
  io.stdout.write(`${target}\n`)
  io.stderr.write(
    'Large results and the key of secrets are files beside the database: keep results/ and secret.key too.\n',
  )
  return exitCodes.ok
}

/** `sluice db vacuum` */
export async function vacuumDatabase(flags: Flags, io: CliIo): Promise<number> {
  return withHome(
    io,
    async ({ store }) => {
      const before = await store.databaseStatus()
      await store.vacuum()
      const after = await store.databaseStatus()
      const text = `${sizeText(before.bytes)} before, ${sizeText(after.bytes)} now.`
      return showOne({ bytesBefore: before.bytes, bytes: after.bytes }, () => [text], flags.json, io)
    },
    { mark: false },
  )
}

function showStatus(status: DatabaseStatus, flags: Flags, io: CliIo): number {
  const { kind, location, schema, bytes, rows } = status
  const state = schema.version === schema.known ? 'up to date' : `this Sluice knows ${schema.known}`
  const lines = (): readonly string[] =>
    factLines(
      [
        ['database', `${kind} at ${location}`],
        ['schema', `version ${schema.version}, ${state}`],
        ['size', sizeText(bytes)],
        ...Object.entries(rows).map(([table, count]): readonly [string, string] => [table, `${count} rows`]),
      ],
      io,
    )
  return showOne(status, lines, flags.json, io)
}

/** `12.3 MB`: decimal units. */
function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)))
  const value = bytes / 1000 ** step
  return `${step === 0 ? value : value.toFixed(1)} ${units[step] ?? ''}`
}
