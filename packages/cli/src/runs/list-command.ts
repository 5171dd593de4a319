import {
  isSluiceError,
  type Micros,
  parseDuration,
  shellWord,
  SluiceError,
  type Duration,
  type StateType,
  stateTypes,
} from '@sluice/core'
import { countText, stateGlyph, stateWord } from '@sluice/engine/report'
import type { TaskRunCounts } from '@sluice/store'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { inText } from '../output/in-text.ts'
import { microsOf, timeOption } from '../output/micros.ts'
import { printJson } from '../output/print.ts'
import { tableLines, type Cell, type Column } from '../output/table.ts'
import { pageOf } from '../output/terminal.ts'
import { agoText, tookText } from '../output/time-text.ts'
import { shortIds } from './find-run.ts'
import type { RunFilter, RunSource, ShownRun } from './run-source.ts'
import { withRuns } from './with-runs.ts'

export interface ListFlags {
  readonly json: boolean
  readonly flow?: string | undefined
  readonly state: readonly string[]
  readonly deployment?: string | undefined
  readonly tag?: string | undefined
  readonly name?: string | undefined
  readonly since?: string | undefined
  readonly limit: number
  readonly after?: string | undefined
}

/** `sluice runs ls`: root runs, newest first. */
export async function listCommand(flags: ListFlags, io: CliIo): Promise<number> {
  const { flow, deployment, tag, name } = flags
  const states = flags.state.flatMap((each) => each.split(',')).map(stateType)
  const filter: RunFilter = { flow, states, deployment, tag, name, since: sinceOf(flags.since, io) }
  return withRuns(io, async (source) => {
    const page = await source.list(filter, flags.limit, flags.after)
    if (flags.json) {
      printJson(io, { items: page.items.map((run) => run.entity), next: page.next })
      return exitCodes.ok
    }
    const counts = await Promise.all(page.items.map((run) => source.counts(run)))
    const lines = page.items.length === 0 ? [emptyText(flags, source)] : runLines(page.items, counts, io)
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
export function runLines(
  runs: readonly ShownRun[],
  counts: readonly (TaskRunCounts | undefined)[],
  io: CliIo,
): string[] {
  const ids = shortIds(runs.map((run) => run.id))
  const now = io.now()
  const rows = runs.map((run, i): Cell[] => {
    const { glyph, style } = stateGlyph(run.state)
    return [
      { text: ids.get(run.id) ?? run.id },
      { text: run.flow, style: 'bold' },
      { text: run.name === run.flow ? '' : (run.name ?? '') },
      { text: `${glyph} ${stateWord(run.state)}`, style },
      { text: startText(run, now) },
      { text: tookText(run, now) },
      { text: tasksText(counts[i]) },
    ]
  })
  return tableLines(runColumns, rows, pageOf(io))
}

/** When it started; of one that is due later, when. */
function startText(run: ShownRun, now: Micros): string {
  const { startedAt, createdAt, state, entity } = run
  const later =
    startedAt === null && state.type === 'scheduled' && entity.dueAt !== null && microsOf(entity.dueAt) > now
  return later ? inText(entity.dueAt, now) : agoText(startedAt ?? createdAt, now)
}

function tasksText(counts: TaskRunCounts | undefined): string {
  if (counts === undefined) return ''
  return countText(counts.total) + (counts.failed > 0 ? ` (${countText(counts.failed)} failed)` : '')
}

const texts = ['flow', 'deployment', 'tag', 'name', 'since'] as const

/** The command for the next page: the same list from there on. */
export function moreCommand(flags: ListFlags, after: string): string {
  const parts = ['npx sluice runs ls']
  for (const option of texts) {
    const value = flags[option]
    if (value !== undefined) parts.push(`--${option} ${shellWord(value)}`)
  }
  for (const state of flags.state) parts.push(`--state ${shellWord(state)}`)
  return [...parts, `--limit ${flags.limit}`, `--after ${after}`].join(' ')
}

function emptyText(flags: ListFlags, source: RunSource): string {
  const filtered = texts.some((option) => flags[option] !== undefined) || flags.state.length > 0
  if (filtered || flags.after !== undefined) return 'No runs like that.'
  return `No runs are recorded in ${source.place} yet. Start one: npx sluice run <file>`
}

function stateType(text: string): StateType {
  const found = stateTypes.find((type) => type === text.trim().toLowerCase())
  if (found !== undefined) return found
  throw new SluiceError('OPTION_INVALID', {
    option: '--state',
    problem: `'${text}' is not one of ${stateTypes.join(', ')}`,
  })
}

/** `2h` ago, or a time. */
function sinceOf(text: string | undefined, io: CliIo): string | undefined {
  if (text === undefined) return undefined
  try {
    return new Date(io.now() / 1000 - parseDuration(text as Duration)).toISOString()
  } catch (error) {
    if (!isSluiceError(error, 'DURATION_INVALID')) throw error
    return timeOption('--since', text)
  }
}
