import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { pairOf } from './pair-of.ts'
import { withLakeOf } from './with-lake.ts'

interface Flags {
  readonly json: boolean
  readonly rename: readonly string[]
  readonly drop: readonly string[]
  readonly widen: readonly string[]
  readonly describe: readonly string[]
  readonly optional: readonly string[]
}

/** `sluice lake alter <table>`: names, types and descriptions of columns; no row is touched. */
export async function alter(table: string, flags: Flags, io: CliIo): Promise<number> {
  const { json, drop, optional } = flags
  const pairs = (name: 'rename' | 'widen' | 'describe'): Readonly<Record<string, string>> =>
    Object.fromEntries(flags[name].map((text) => pairOf(name, text)))
  const alteration = { rename: pairs('rename'), drop, widen: pairs('widen'), describe: pairs('describe'), optional }
  return withLakeOf(table, io, async (lake) => {
    const altered = await lake.alterTable(table, alteration)
    const lines =
      altered.changes.length === 0
        ? [`✓ ${table} is so already.`]
        : [`✓ ${table} has changed; older versions read as they were.`, ...altered.changes.map((each) => `  ${each}`)]
    return showOne(altered, () => lines, json, io)
  })
}
