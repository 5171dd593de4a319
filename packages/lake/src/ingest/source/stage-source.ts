import { SluiceError } from '@sluice/core'
import path from 'node:path'
import type { LoadRequest } from '../load-request.ts'
import type { Origin } from './origins.ts'
import { sealed } from './seal.ts'
import type { SourceFile } from './source-file.ts'
import { stageFile } from './stage-file.ts'
import { stageRows } from './stage-rows.ts'
import { stageSql } from './stage-sql.ts'

/** All files of a source, ready to be read in place; by `once`, those that the table does not have yet. */
export async function stageSource(
  origins: readonly Origin[],
  directory: string,
  request: LoadRequest,
): Promise<readonly SourceFile[]> {
  const { seal, now } = request
  const extract = (into: string): Promise<readonly SourceFile[]> => stageAll(origins, into, request)
  return takeNew(await (seal === undefined ? extract(directory) : sealed(seal, now, extract)), request)
}

async function stageAll(
  origins: readonly Origin[],
  directory: string,
  request: LoadRequest,
): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = []
  for (const [i, origin] of origins.entries()) {
    request.signal.throwIfAborted()
    const staged = path.join(directory, String(i))
    if (origin.kind === 'staged') files.push(...origin.files)
    else if (origin.kind === 'sql') files.push(await stageSql(origin.source, request.cursor, staged, request.signal))
    else if (origin.kind === 'rows') files.push(await stageRows(origin.rows, staged, request.signal))
    else files.push(await stageFile(origin, staged, request))
  }
  return files
}

/** Leaves out what the table has already, and what the source has twice. */
async function takeNew(files: readonly SourceFile[], request: LoadRequest): Promise<readonly SourceFile[]> {
  const { once } = request.options
  if (once === undefined) return files
  if (files.some((file) => file.identity === undefined))
    throw new SluiceError('LOAD_SOURCE_INVALID', { problem: `once: '${once}' is for files, not for rows or streams` })
  const seen = new Set(await request.loaded?.(files.flatMap(({ identity }) => identity ?? [])))
  return files.filter(({ identity = '' }) => !seen.has(identity) && seen.add(identity))
}
