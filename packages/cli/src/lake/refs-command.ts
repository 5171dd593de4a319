import { SluiceError } from '@sluice/core'
import type { MovedRef } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { withLakeOf } from './with-lake.ts'

interface Flags {
  readonly json: boolean
}

/** `sluice lake rollback <table> <version>` */
export async function rollback(table: string, version: string, flags: Flags, io: CliIo): Promise<number> {
  return withLakeOf(table, io, async (lake) => {
    const moved = await lake.rollbackTable(table, version)
    return showOne(moved, () => rollbackText(moved), flags.json, io)
  })
}

function rollbackText({ table, snapshot, before }: MovedRef): readonly string[] {
  if (before === snapshot) return [`✓ ${table} is at version ${snapshot} already.`]
  return [
    `✓ ${table} is at version ${snapshot} again.`,
    ...(before === undefined ? [] : [`  undo: npx sluice lake rollback ${table} ${before}`]),
  ]
}

/** `sluice lake tag <table> <name> [version]` */
export async function tag(
  table: string,
  name: string,
  given: { readonly version: string | undefined; readonly delete: boolean },
  flags: Flags,
  io: CliIo,
): Promise<number> {
  const { version } = given
  if (given.delete && version !== undefined)
    throw new SluiceError('OPTION_INVALID', { option: '--delete', problem: 'a tag that is deleted has no version' })
  return withLakeOf(table, io, async (lake) => {
    if (given.delete) {
      const gone = await lake.deleteTag(table, name)
      const line = `✓ ${table} has no tag ${name} any more; it was version ${gone.snapshot}.`
      return showOne(gone, () => [line], flags.json, io)
    }
    const moved = await lake.tagTable(table, name, version)
    return showOne(moved, () => [`✓ ${table}@${name} is version ${moved.snapshot}.`, ...wasText(moved)], flags.json, io)
  })
}

function wasText({ snapshot, before }: MovedRef): readonly string[] {
  return before === undefined || before === snapshot ? [] : [`  It was ${before} before.`]
}
