import type { Command } from 'commander'
import { SluiceError } from '@sluice/core'
import { examples, type JsonOptions, jsonOption, type Verbs } from './options.ts'

interface RawOptions extends JsonOptions {
  readonly out?: string
  readonly part?: string
}

/** What the sources of loads gave. */
export function addRawVerbs(lake: Command, { io, done }: Verbs): void {
  lake
    .command('raw')
    .description('show what the sources of loads gave, and get it back')
    .argument('<table>', 'namespace.table')
    .argument('[load]', 'the id of a load; all of them, when left out')
    .option('-o, --out <directory>', 'put the bytes there, as they came')
    .option('--part <n>', 'only this part of the load')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples([
        'sluice lake raw bronze.trips',
        'sluice lake raw bronze.trips 4f1c0d --out raw-trips',
        'sluice lake ingest bronze.trips --from-raw 4f1c0d --replace',
      ]),
    )
    .action(async (table: string, load: string | undefined, { out, part, ...options }: RawOptions) => {
      const { listRaw, saveRaw, showRaw } = await import('../lake/raw-command.ts')
      const json = options.json === true
      const only = part === undefined ? undefined : partOf(part)
      if (load !== undefined && out !== undefined) return done(await saveRaw(table, load, { out, part: only }, io))
      const wrong = out !== undefined ? '--out' : part !== undefined ? '--part' : undefined
      if (wrong !== undefined)
        throw new SluiceError('OPTION_INVALID', {
          option: wrong,
          problem: load === undefined ? 'it needs a load' : 'it is of --out',
        })
      done(await (load === undefined ? listRaw(table, { json }, io) : showRaw(table, load, { json }, io)))
    })
}

function partOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new SluiceError('OPTION_INVALID', { option: '--part', problem: 'it must be a whole number from 0 on' })
}
