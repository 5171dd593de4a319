import { SluiceError, type StateType, stateTypes } from '@sluice/core'
import type { Home } from '@sluice/engine'
import { countText, stateGlyph, stateWord } from '@sluice/engine/report'
import type { RunRecord, TaskRunCounts } from '@sluice/store'
import { exitCodes } from './exit-code.ts'
import { placeOf, shortIds } from './find-run.ts'
import type { CliIo } from './io.ts'
import { printJson } from './print.ts'
import { runJson } from './run-json.ts'
import { tableLines, type Cell, type Column } from './table.ts'
import { terminalOf } from './terminal.ts'
import { agoText, tookText } from './time-text.ts'
import { withHome } from './with-home.ts'

export interface ListFlags {
  readonly json: boolean
  readonly flow?: string | undefined
  readonly state: readonly string[]
  readonly limit: number
  readonly after?: string | undefined
}

/** `sluice runs ls`: root runs, newest first. */
export async function listCommand(flags: ListFlags, io: CliIo): Promise<number> {
  const states = flags.state.flatMap((each) => each.split(',')).map(stateType)
  return withHome(io, async (home) => {
    const page = await home.store.listRuns({
      limit: flags.limit,
      ...(flags.after === undefined ? {} : { after: flags.after }),
      ...(flags.flow === undefined ? {} : { flow: flags.flow }),
      ...(states.length === 0 ? {} : { states }),
    })
    const counts = await Promise.all(page.items.map((run) => home.store.countTaskRuns(run.rootId)))
    if (flags.json) {
      printJson(io, {
        items: page.items.map((run, i) => runJson(run, counts[i] === undefined ? {} : { counts: counts[i] })),
        next: page.next,
      })
      return exitCodes.ok
    }
    const lines = page.items.length === 0 ? [emptyText(flags, home)] : runLines(page.items, counts, io)
    const more = page.next === null ? [] : [`More: ${moreCommand(flags, page.next)}`]
    io.stdout.write(`${[...lines, ...more].join('\n')}\n`)
    return exitCodes.ok
  })
}

/** Where it is narrow the names give way: the state is what the list is looked at for. */
export const runColumns: readonly Column[] = [
  { title: 'ID' },
  { title: 'FLOW', give: 2 },
  { title: 'NAME', give: 3, drop: 3 },
  { title: 'STATE' },
  { title: 'STARTED' },
  { title: 'TOOK', align: 'right', drop: 1 },
  { title: 'TASKS', align: 'right', drop: 2 },
]

/** The table of `runs ls`. */
export function runLines(runs: readonly RunRecord[], counts: readonly TaskRunCounts[], io: CliIo): string[] {
  const ids = shortIds(runs.map((run) => run.id))
  const now = io.now()
  const rows = runs.map((run, i): Cell[] => {
    const { glyph, style } = stateGlyph(run.state)
    return [
      { text: ids.get(run.id) ?? run.id },
      { text: run.flow, style: 'bold' },
      { text: run.name === run.flow ? '' : (run.name ?? '') },
      { text: `${glyph} ${stateWord(run.state)}`, style },
      { text: agoText(run.startedAt ?? run.createdAt, now) },
      { text: tookText(run, now) },
      { text: tasksText(counts[i]) },
    ]
  })
  return tableLines(runColumns, rows, terminalOf(io))
}

function tasksText(counts: TaskRunCounts | undefined): string {
  if (counts === undefined) return ''
  return countText(counts.total) + (counts.failed > 0 ? ` (${countText(counts.failed)} failed)` : '')
}

/** The command for the next page: the same list from there on. */
export function moreCommand(flags: ListFlags, after: string): string {
  const parts = ['npx sluice runs ls']
  if (flags.flow !== undefined) parts.push(`--flow ${shellWord(flags.flow)}`)
  for (const state of flags.state) parts.push(`--state ${shellWord(state)}`)
  return [...parts, `--limit ${flags.limit}`, `--after ${after}`].join(' ')
}

function shellWord(text: string): string {
  return /^[\w.,:@/-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function emptyText(flags: ListFlags, home: Home): string {
  const filtered = flags.flow !== undefined || flags.state.length > 0 || flags.after !== undefined
  if (filtered) return 'No runs like that.'
  return `No runs are recorded in ${placeOf(home)} yet. Start one: npx sluice run <file>`
}

function stateType(text: string): StateType {
  const found = stateTypes.find((type) => type === text.trim().toLowerCase())
  if (found !== undefined) return found
  throw new SluiceError('OPTION_INVALID', {
    option: '--state',
    problem: `'${text}' is not one of ${stateTypes.join(', ')}`,
  })
}
