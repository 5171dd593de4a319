import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { rowsText } from './quantity-text.ts'
import { withLakeOf } from './with-lake.ts'

interface Flags {
  readonly force: boolean
  readonly drop: boolean
  readonly json: boolean
}

/** `sluice lake publish <table> <load>`: checks it again and publishes it; or gives it up with `--drop`. */
export async function publish(table: string, loadId: string, flags: Flags, io: CliIo): Promise<number> {
  return withLakeOf(table, io, async (lake) => {
    if (flags.drop) {
      await lake.dropLoad(table, loadId)
      const line = `✓ The load ${loadId} is dropped: its rows never come into ${table}.`
      return showOne({ table, loadId, state: 'dropped' }, () => [line], flags.json, io)
    }
    const result = await lake.publishLoad(table, loadId, flags.force)
    const said = result.repeated ? 'is published already' : 'is published'
    return showOne(
      { table, ...result },
      () => [`✓ The load ${loadId} of ${table} ${said}: ${rowsText(result.rows)}.`],
      flags.json,
      io,
    )
  })
}
