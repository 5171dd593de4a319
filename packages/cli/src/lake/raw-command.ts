import { SluiceError } from '@sluice/core'
import type { LoadRaw, OpenLake, RawPartState } from '@sluice/lake/manage'
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { cell, type ListView, showList } from '../output/show-list.ts'
import { localTime } from '../output/time-text.ts'
import { bytesText, countText } from './quantity-text.ts'
import { withFilesOf } from './with-lake.ts'

interface Flags {
  readonly json: boolean
}

/** `sluice lake raw <table>`: loads of which something is kept, newest first. */
export async function listRaw(table: string, { json }: Flags, io: CliIo): Promise<number> {
  return withFilesOf('raw', table, io, async (lake) => {
    const { loadsWithRaw } = await import('@sluice/lake/manage')
    return showList(await loadsWithRaw(lake, table), loadsView(table), json, io)
  })
}

/** `sluice lake raw <table> <load>`: what its source gave, part by part. */
export async function showRaw(table: string, load: string, { json }: Flags, io: CliIo): Promise<number> {
  return withFilesOf('raw', table, io, async (lake) => {
    const { rawOf } = await import('@sluice/lake/manage')
    return showList(await rawOf(lake, table, load), partsView(load), json, io)
  })
}

export interface SaveFlags {
  readonly out: string
  /** Only this one. */
  readonly part: number | undefined
}

/** `sluice lake raw <table> <load> --out <directory>`: the bytes of its parts, as they came. */
export async function saveRaw(table: string, load: string, flags: SaveFlags, io: CliIo): Promise<number> {
  const { out, part: only } = flags
  return withFilesOf('raw', table, io, async (lake) => {
    const { rawOf } = await import('@sluice/lake/manage')
    const parts = (await rawOf(lake, table, load)).filter(({ n }) => only === undefined || n === only)
    if (parts.length === 0)
      throw new SluiceError('LOAD_RAW_UNAVAILABLE', { table, load, problem: 'there is no such part' })
    const directory = path.resolve(io.cwd, out)
    await mkdir(directory, { recursive: true })
    for (const part of parts) {
      const target = path.join(directory, fileNameOf(part))
      await savePart(lake, { table, load, n: part.n, target })
      io.stdout.write(`✓ ${target}: ${bytesText(part.size)}\n`)
    }
    return exitCodes.ok
  })
}

interface Saving {
  readonly table: string
  readonly load: string
  readonly n: number
  readonly target: string
}

async function savePart(lake: OpenLake, { table, load, n, target }: Saving): Promise<void> {
  const { bytesOf } = await import('@sluice/lake/manage')
  const bytes = await bytesOf(lake, table, load, n)
  try {
    await pipeline(bytes, createWriteStream(target, { flags: 'wx' }))
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'EEXIST') throw cause
    throw new SluiceError('OPTION_INVALID', { option: '--out', problem: `${target} exists already` }, { cause })
  }
}

/** `0-trips.csv.gz`: no two parts of a load have one name, and none leaves the directory. */
function fileNameOf({ n, source, rows }: RawPartState): string {
  const last = /[^/\\]*$/.exec(source ?? '')?.[0].replaceAll(/[^\w.-]+/g, '-') ?? ''
  return `${n}-${last === '' ? (rows ? 'rows.ndjson' : 'stream') : last}`
}

const right = { align: 'right' } as const

function loadsView(table: string): ListView<LoadRaw> {
  return {
    columns: [
      // Whole: it is what the next command is told.
      { title: 'LOAD' },
      { title: 'AT', drop: 1 },
      { title: 'SOURCE', give: 1 },
      { title: 'PARTS', ...right },
      { title: 'SIZE', ...right },
      { title: 'KEPT' },
    ],
    row: ({ load, at, source, parts, bytes, copies }) => [
      cell(load, 'bold'),
      cell(at === undefined ? '' : localTime(microsOf(at))),
      cell(source),
      cell(countText(parts)),
      cell(bytesText(bytes)),
      cell(copies === 0 ? 'reference' : copies === parts ? 'copy' : `${copies} copies`),
    ],
    empty: `Nothing is known of what the sources of ${table} gave.`,
  }
}

function partsView(load: string): ListView<RawPartState> {
  return {
    columns: [
      { title: 'PART', ...right },
      { title: 'SOURCE', give: 1 },
      { title: 'SIZE', ...right },
      { title: 'KIND', drop: 1 },
      { title: 'RECEIVED', drop: 2 },
      { title: 'SHA-256', drop: 3 },
      { title: 'STATE' },
    ],
    row: ({ n, source, address, size, mediaType, receivedAt, sha256, state, rows }) => [
      cell(String(n), 'bold'),
      cell(source ?? address ?? (rows ? 'rows' : 'stream')),
      cell(bytesText(size)),
      cell(mediaType),
      cell(localTime(receivedAt * 1000)),
      cell(sha256?.slice(0, 12)),
      cell(state, state === 'kept' || state === 'there' ? undefined : 'red'),
    ],
    empty: `Nothing of what the source of ${load} gave was kept.`,
  }
}
