import type { QuarantineReason, QuarantineReplay } from '@sluice/lake/manage'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { showOne } from '../output/show-list.ts'
import { agoText } from '../output/time-text.ts'
import { contractOf } from './contract-of.ts'
import { rowsText } from './quantity-text.ts'
import { withLakeOf } from './with-lake.ts'

interface Flags {
  readonly load: string | undefined
  readonly json: boolean
}

/** `sluice lake quarantine <table>` */
export async function showQuarantine(table: string, { load, json }: Flags, io: CliIo): Promise<number> {
  return withLakeOf(table, io, async (lake) => {
    const report = await lake.describeQuarantine(table, load === undefined ? {} : { load })
    const { open, resolved, reasons, quarantine } = report
    const settled = resolved === 0 ? '' : `; ${rowsText(resolved)} settled by replays`
    const lines = (): readonly string[] =>
      open === 0
        ? [`✓ ${table} has no open rows in quarantine${settled}.`]
        : [
            `${table}  ${rowsText(open)} in quarantine${settled}`,
            ...reasons.flatMap((reason) => reasonLines(reason, io)),
            '',
            `all of them: npx sluice lake sql "select * from ${quarantine} where resolved_by is null"`,
            `try again:   npx sluice lake quarantine replay ${table}`,
          ]
    return showOne(report, lines, json, io)
  })
}

function reasonLines({ reason, column, rows, loadId, rejectedAt, sample }: QuarantineReason, io: CliIo): string[] {
  const where = [sample.sourceFile, sample.record === null ? undefined : `record ${sample.record}`]
  const place = where.filter((part) => part !== null && part !== undefined).join(', ')
  return [
    '',
    `  ${reason}${column === null ? '' : ` in ${column}`}  ${rowsText(rows)}, ${agoText(microsOf(rejectedAt), io.now())}, load ${loadId}`,
    `    ${sample.problem}${place === '' ? '' : ` (${place})`}`,
    `    ${sample.raw.replaceAll(/[\r\n]+/g, ' ⏎ ')}`,
  ]
}

/** `sluice lake quarantine replay <table>` */
export async function replay(
  table: string,
  { load, contract: rules, json }: Flags & { readonly contract: readonly string[] },
  io: CliIo,
): Promise<number> {
  const contract = contractOf(rules)
  return withLakeOf(table, io, async (lake) => {
    const options = { ...(load !== undefined && { load }), ...(contract && { contract }) }
    const result = await lake.replayQuarantine(table, options)
    return showOne(result, () => replayText(result), json, io)
  })
}

function replayText({ table, rows, open, leftToCode }: QuarantineReplay): readonly string[] {
  const still = open === 0 ? 'none is left in quarantine' : `${rowsText(open)} still in quarantine`
  return [
    // A replay that mends nothing has not failed.
    rows === 0 && open > 0 ? `${table}  no row fits yet, ${still}` : `✓ ${table}  ${rowsText(rows)} loaded, ${still}`,
    ...(leftToCode === 0
      ? []
      : [`  ${rowsText(leftToCode)} broke a rule that stands in code: ${table.split('.')[1]}.replay() there knows it`]),
    ...(open > leftToCode ? [`  why: npx sluice lake quarantine ${table}`] : []),
  ]
}
