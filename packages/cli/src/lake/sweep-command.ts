import type { SweepOptions, SweepResult } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { countOf } from './quantity-text.ts'
import { withLakeOf } from './with-lake.ts'

interface Given {
  readonly grace?: string
  readonly dryRun?: boolean
}

/** `sluice lake sweep` */
export async function sweep(given: Given, flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  return withLakeOf(undefined, io, async (lake) => {
    const swept = await lake.sweepLake(given as SweepOptions)
    return showOne(swept, () => lines(swept, given.dryRun === true), flags.json, io)
  })
}

function lines({ left, staged, expired, waiting }: SweepResult, dryRun: boolean): readonly string[] {
  const found = [
    ...(left === 0 ? [] : [`${countOf(left, 'file')} of loads that failed or were killed`]),
    ...(staged === 0 ? [] : [`${countOf(staged, 'staged load')} of processes that are gone`]),
    ...(expired === 0 ? [] : [`${countOf(expired, 'file')} of versions and tables that were forgotten`]),
  ]
  const done = dryRun ? 'It would delete' : '✓ Deleted:'
  return [
    ...(found.length === 0 ? ['✓ There is nothing to sweep.'] : found.map((each) => `${done} ${each}`)),
    ...(waiting === 0 ? [] : [`  ${countOf(waiting, 'file')} will be, when nobody reads them any more`]),
  ]
}
