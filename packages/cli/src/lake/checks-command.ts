import type { CheckFinding, TableCheckState } from '@sluice/lake/manage'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { cell, showList } from '../output/show-list.ts'
import { withLakeOf } from './with-lake.ts'

interface Flags {
  readonly run: boolean
  readonly json: boolean
}

/** `sluice lake checks <table>`: what they said of the current version; `--run` asks them now. Ends with 1 when one that blocks fails. */
export async function showChecks(table: string, { run, json }: Flags, io: CliIo): Promise<number> {
  return withLakeOf(table, io, async (lake) => {
    if (run) await lake.checkTable(table)
    const { checks } = await lake.tableChecks(table)
    showList(checks, view, json, io)
    const fails = run && checks.some(({ severity, last }) => severity === 'block' && last && last.outcome !== 'passed')
    return fails ? exitCodes.failed : exitCodes.ok
  })
}

const view = {
  columns: [
    { title: 'CHECK' },
    { title: 'SEVERITY', drop: 1 },
    { title: 'OUTCOME' },
    { title: 'FAILING', align: 'right' as const },
    { title: 'SAYS', give: 1 },
  ],
  row: ({ name, severity, last }: TableCheckState) => [
    cell(name, 'bold'),
    cell(severity),
    cell(last === undefined ? 'not asked yet' : outcomeText(last)),
    cell(last?.failing),
    cell(last?.message),
  ],
  empty: "The table has no checks. Say what is asked of it: table('…', { checks: [notNull('id')] })",
}

export function outcomeText({ outcome }: Pick<CheckFinding, 'outcome'>): string {
  return outcome === 'passed' ? '✓ passed' : outcome === 'failed' ? '✗ failed' : '✗ error'
}
