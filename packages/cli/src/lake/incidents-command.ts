import type { CheckFinding, Incident } from '@sluice/lake/manage'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { cell, factLines, showList, showOne } from '../output/show-list.ts'
import { type Cell, tableLines } from '../output/table.ts'
import { pageOf } from '../output/terminal.ts'
import { agoText, localTime } from '../output/time-text.ts'
import { outcomeText } from './checks-command.ts'
import { withAnyLake, withLakeOf } from './with-lake.ts'

interface Flags {
  readonly json: boolean
}

/** `sluice lake incidents [table]`: those that are open, newest first; all of them with `--all`. */
export async function listAllIncidents(
  table: string | undefined,
  { all, json }: Flags & { readonly all: boolean },
  io: CliIo,
): Promise<number> {
  return withAnyLake(io, async (lake) => {
    const query = { ...(table !== undefined && { table }), ...(!all && { state: 'open' as const }) }
    const empty = all
      ? 'Nothing has gone wrong yet.'
      : 'No incident is open. All of them: npx sluice lake incidents --all'
    const incidents = lake ? await lake.listIncidents(query) : []
    if (json || incidents.length === 0) return showList(incidents, { columns, row: rowOf(io), empty }, json, io)
    io.stdout.write(`${incidentLines(incidents, io).join('\n')}\n`)
    return exitCodes.ok
  })
}

const columns = [
  { title: 'INCIDENT' },
  { title: 'TABLE' },
  { title: 'KIND', drop: 2 },
  { title: 'STATE', drop: 3 },
  { title: 'OPENED', drop: 1 },
]

const rowOf =
  (io: CliIo) =>
  (incident: Incident): readonly Cell[] => [
    cell(incident.id.slice(0, 8), 'bold'),
    cell(incident.table),
    cell(incident.kind),
    cell(incident.state),
    cell(agoText(microsOf(incident.openedAt), io.now())),
  ]

/** What went wrong is whole, on a line of its own: its end is what nobody can guess. */
function incidentLines(incidents: readonly Incident[], io: CliIo): readonly string[] {
  const [header = '', ...rows] = tableLines(columns, incidents.map(rowOf(io)), pageOf(io))
  return [header, ...rows.flatMap((row, index) => [row, `  ${incidents[index]?.message ?? ''}`])]
}

/** `sluice lake incidents show <id>`: with what the checks said, and what can be done. */
export async function showIncident(id: string, { json }: Flags, io: CliIo): Promise<number> {
  return withLakeOf(undefined, io, async (lake) => {
    const incident = await lake.findIncident(id)
    const checks = await lake.checksOf(incident)
    return showOne({ ...incident, checks }, () => incidentText(incident, checks, io), json, io)
  })
}

function incidentText(incident: Incident, checks: readonly CheckFinding[], io: CliIo): readonly string[] {
  const { table, loadId, kind, state, closedAt, closedBy, note } = incident
  const facts = factLines(
    [
      ['incident', incident.id],
      ['table', table],
      ['load', loadId],
      ['kind', kind],
      ['state', state],
      ['opened', localTime(microsOf(incident.openedAt))],
      ['run', incident.runId ?? undefined],
      ['resolved', closedAt === null ? undefined : `${localTime(microsOf(closedAt))} by ${closedBy ?? ''}`],
      ['note', note ?? undefined],
      ['what', incident.message],
    ],
    io,
  )
  const said = checks.flatMap((check) => [
    '',
    `${outcomeText(check)}  ${check.name}${check.message === null ? '' : `: ${check.message}`}`,
    ...check.samples.map((row) => `  ${JSON.stringify(row)}`),
  ])
  return [...facts, ...said, ...nextSteps(incident)]
}

function nextSteps({ state, kind, table, loadId, id }: Incident): readonly string[] {
  if (state !== 'open') return []
  if (kind === 'rejected') return ['', `settled?  npx sluice lake incidents resolve ${id.slice(0, 8)}`]
  const load = /^[\w.:/-]+$/.test(loadId) ? loadId : `'${loadId}'`
  return [
    '',
    `mended?   npx sluice lake publish ${table} ${load}`,
    `useless?  npx sluice lake publish ${table} ${load} --drop`,
  ]
}

/** `sluice lake incidents resolve <id>` */
export async function settleIncident(
  id: string,
  { note, json }: Flags & { readonly note: string | undefined },
  io: CliIo,
): Promise<number> {
  return withLakeOf(undefined, io, async (lake) => {
    const incident = await lake.resolveIncident(id, note)
    const line = `✓ The incident ${incident.id.slice(0, 8)} of ${incident.table} is resolved.`
    return showOne(incident, () => [line], json, io)
  })
}
