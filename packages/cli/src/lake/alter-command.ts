import { SluiceError } from '@sluice/core'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { pairOf } from './pair-of.ts'
import type { LakeSource } from './source/lake-source.ts'
import { withLakeOf } from './with-lake.ts'

interface Flags {
  readonly json?: boolean
  readonly rename?: readonly string[]
  readonly drop?: readonly string[]
  readonly widen?: readonly string[]
  readonly describe?: readonly string[]
  readonly optional?: readonly string[]
  readonly owner?: string
  readonly description?: string
  readonly tag?: readonly string[]
  readonly key?: readonly string[]
  readonly reference?: readonly string[]
}

type Alteration = Parameters<LakeSource['alterTable']>[1]

/** `sluice lake alter <table>`: names, types and descriptions of columns, and what is said of the table; no row is touched. */
export async function alter(table: string, flags: Flags, io: CliIo): Promise<number> {
  const alteration = { ...columnsOf(flags), ...factsOf(flags) }
  return withLakeOf(table, io, async (lake) => {
    const altered = await lake.alterTable(table, alteration)
    const lines =
      altered.changes.length === 0
        ? [`✓ ${table} is so already.`]
        : [`✓ ${table} has changed; older versions read as they were.`, ...altered.changes.map((each) => `  ${each}`)]
    return showOne(altered, () => lines, flags.json === true, io)
  })
}

function columnsOf(flags: Flags): Alteration {
  const { drop = [], optional = [] } = flags
  const pairs = (name: 'rename' | 'widen' | 'describe'): Readonly<Record<string, string>> =>
    Object.fromEntries((flags[name] ?? []).map((text) => pairOf(name, text)))
  return { rename: pairs('rename'), drop, widen: pairs('widen'), describe: pairs('describe'), optional }
}

function factsOf({ owner, description, tag, key, reference }: Flags): Alteration {
  return {
    ...(owner !== undefined && { owner }),
    ...(description !== undefined && { description }),
    ...(tag && { tags: tag }),
    ...(key && { key }),
    ...(reference && { references: Object.fromEntries(reference.map(referenceOf)) }),
  }
}

/** `zone_id=bronze.zones.id`. Throws `OPTION_INVALID`. */
function referenceOf(text: string): readonly [string, { readonly table: string; readonly column: string }] {
  const [column, to] = pairOf('reference', text)
  const at = to.lastIndexOf('.')
  const [table, of] = [to.slice(0, at), to.slice(at + 1)]
  if (table.includes('.') && of !== '') return [column, { table, column: of }]
  throw new SluiceError('OPTION_INVALID', {
    option: '--reference',
    problem: `write column=namespace.table.column, not ${JSON.stringify(text)}`,
  })
}
