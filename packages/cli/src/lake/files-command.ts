import { SluiceError } from '@sluice/core'
import type { FileFacts } from '@sluice/lake'
import { createWriteStream, existsSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { cell, showList, showOne } from '../output/show-list.ts'
import { agoText } from '../output/time-text.ts'
import { bytesText } from './quantity-text.ts'
import { withFilesOf, withMadeLake } from './with-lake.ts'

interface Flags {
  readonly json: boolean
}

/** `sluice lake files <fileset> [beginning]` */
export async function listFiles(fileset: string, prefix: string | undefined, flags: Flags, io: CliIo): Promise<number> {
  return withFilesOf('files', fileset, io, async (lake) => {
    const { filesOf } = await import('@sluice/lake/manage')
    const files = await filesOf(lake, fileset).list(prefix === undefined ? {} : { prefix })
    const view = {
      columns: [
        { title: 'FILE', give: 1 },
        { title: 'SIZE', align: 'right' as const },
        { title: 'KIND', give: 2, drop: 1 },
        { title: 'PUT' },
        { title: 'VERSION', drop: 2 },
      ],
      row: ({ name, size, mediaType, putAt, version }: FileFacts) => [
        cell(name, 'bold'),
        cell(bytesText(size)),
        cell(mediaType),
        cell(agoText(putAt.getTime() * 1000, io.now())),
        cell(version),
      ],
      empty: `${fileset} has no files${prefix === undefined ? '' : ` that begin with ${prefix}`}. Put one: npx sluice lake put ${fileset} FILE`,
    }
    return showList(files, view, flags.json, io)
  })
}

export interface PutFlags extends Flags {
  readonly as?: string
  readonly mediaType?: string
  readonly metadata: Readonly<Record<string, string>>
}

/** `sluice lake put <fileset> <file>` */
export async function putFile(fileset: string, file: string, flags: PutFlags, io: CliIo): Promise<number> {
  return withMadeLake('put', io, async (lake) => {
    const { filesOf, newChange } = await import('@sluice/lake/manage')
    const { as: name = path.basename(file), mediaType, metadata } = flags
    const given = { metadata, ...(mediaType !== undefined && { mediaType }) }
    const put = await filesOf(lake, fileset).put(name, path.resolve(io.cwd, file), { ...given, ...newChange() })
    const line = `✓ ${put.name} is in ${fileset}: ${bytesText(put.size)}, ${put.mediaType}, version ${put.version}`
    return showOne(put, () => [line], flags.json, io)
  })
}

/** `sluice lake get <fileset> <name>`: its bytes, into a file. What is there already is written over only when it is named. */
export async function getFile(
  fileset: string,
  name: string,
  { out, version }: { readonly out: string | undefined; readonly version: string | undefined },
  io: CliIo,
): Promise<number> {
  return withFilesOf('get', fileset, io, async (lake) => {
    const { filesOf } = await import('@sluice/lake/manage')
    const file = await filesOf(lake, fileset).get(name, version)
    const target = path.resolve(io.cwd, out ?? path.basename(name))
    if (out === undefined && existsSync(target))
      throw new SluiceError('OPTION_INVALID', {
        option: '--out',
        problem: `${target} exists already; name it to write over it`,
      })
    await pipeline(file.stream(), createWriteStream(target))
    io.stdout.write(`✓ ${target}: ${bytesText(file.size)}, ${file.mediaType}\n`)
    return exitCodes.ok
  })
}
