import type { Arguments } from './arguments.ts'
import { grouped } from './bench-row.ts'
import { type PeerFigure, peerWorkloads } from './compare-engines.ts'
import { dbos, installPeers, sluice } from './contenders.ts'
import { type Machine, machineLine } from './machine.ts'
import type { BenchPostgres } from './postgres.ts'
import { tableText } from './table.ts'

interface Where {
  readonly machine: Machine
  readonly command: string
}

/** Two engines on one figure. */
interface PeerRow {
  readonly name: string
  readonly unit: string
  readonly sluice: number
  readonly dbos: number
  /** How many times as much DBOS takes. */
  readonly ratio: number
}

/** Runs the common workloads for Sluice and for DBOS on one PostgreSQL and prints them side by side. Never true: nothing is judged. */
export async function comparePeers({ json }: Arguments, postgres: BenchPostgres, where: Where): Promise<boolean> {
  installPeers()
  const rows: PeerRow[] = []
  // In turns, workload by workload: a busy moment of the machine must not meet one engine only.
  for (const workload of peerWorkloads) {
    const ours = await workload(sluice, postgres)
    const theirs = await workload(dbos, postgres)
    rows.push(...ours.map((figure, index) => rowOf(figure, theirs[index])))
    for (const { name } of ours) process.stderr.write(`${name} ✓\n`)
  }
  const result = { ...where, postgres: postgres.settings, rows }
  process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : textOf(result))
  return false
}

function rowOf({ name, unit, value }: PeerFigure, other: PeerFigure | undefined): PeerRow {
  const dbosValue = other?.value ?? Number.NaN
  return { name, unit, sluice: value, dbos: dbosValue, ratio: dbosValue / value }
}

function textOf({
  rows,
  machine,
  postgres,
  command,
}: Where & { postgres: string | undefined; rows: readonly PeerRow[] }): string {
  const lines = rows.map((row) => [
    row.name,
    grouped(row.sluice),
    grouped(row.dbos),
    row.unit,
    `${grouped(row.ratio)} ×`,
  ])
  const table = tableText(['PostgreSQL', sluice.name, dbos.name, '', 'DBOS / Sluice'], lines, new Set([1, 2, 4]))
  return `\n${table}\n\n${machineLine(machine)}\nPostgreSQL: ${postgres ?? 'not started'}\n$ ${command}\n`
}
