import path from 'node:path'
import { temporaryDirectory } from '../bench-home.ts'
import { type BenchRow, grouped, rowOf } from '../bench-row.ts'
import { median } from '../rounds.ts'
import { type ScriptRun, type ScriptTime, timeScript } from '../run-script.ts'

const turns = 15

/** What a user waits for around the work itself: whole processes, started one after the other. */
export async function measure(): Promise<readonly BenchRow[]> {
  await using directory = await temporaryDirectory()
  const home = (name: string) => ({ SLUICE_HOME: path.join(directory.path, name) })
  const existing: ScriptRun = { script: 'scripts/one-task.ts', env: home('existing') }
  await timeScript(existing)
  const times = await inTurns({
    empty: () => ({ script: 'scripts/empty.ts' }),
    imported: () => ({ script: 'scripts/import-sluice.ts' }),
    fresh: (turn) => ({ script: 'scripts/one-task.ts', env: home(`fresh-${turn}`) }),
    existing: () => existing,
  })
  const loop = await timeScript({ script: 'scripts/ten-thousand-tasks.ts', env: home('existing') })
  return [
    importRow(times.empty, times.imported),
    startRow('flow with one task, node start to exit, new home', times.fresh),
    startRow('flow with one task, node start to exit', times.existing),
    rowOf({
      name: 'script of 10 000 tasks, start to exit, plain lines',
      value: loop.wall,
      unit: 'ms',
      note: `cpu ${grouped(loop.cpu)}`,
    }),
  ]
}

type Cases = 'empty' | 'imported' | 'fresh' | 'existing'

/** In turns, so that a busy moment of the machine meets all of them. */
async function inTurns(
  cases: Readonly<Record<Cases, (turn: number) => ScriptRun>>,
): Promise<Readonly<Record<Cases, readonly ScriptTime[]>>> {
  const times: Record<Cases, ScriptTime[]> = { empty: [], imported: [], fresh: [], existing: [] }
  const names = Object.keys(cases) as Cases[]
  for (let turn = 0; turn < turns; turn++) {
    for (const name of names) times[name].push(await timeScript(cases[name](turn)))
  }
  return times
}

function importRow(empty: readonly ScriptTime[], imported: readonly ScriptTime[]): BenchRow {
  const nothing = walls(empty)
  const all = walls(imported)
  const cpu = meanCpu(imported) - meanCpu(empty)
  const note = `a process with it takes ${grouped(median(all))}, an empty one ${grouped(median(nothing))}; cpu ${grouped(cpu)}`
  return rowOf({ name: "import 'sluice'", value: median(all) - median(nothing), unit: 'ms', atMost: 80, note })
}

function startRow(name: string, times: readonly ScriptTime[]): BenchRow {
  const all = walls(times)
  const range = `${grouped(Math.min(...all))} – ${grouped(Math.max(...all))}`
  const note = `${range} in ${turns} processes, cpu ${grouped(meanCpu(times))}`
  return rowOf({ name, value: median(all), unit: 'ms', atMost: 250, note })
}

const walls = (times: readonly ScriptTime[]): number[] => times.map((time) => time.wall)

const meanCpu = (times: readonly ScriptTime[]): number => times.reduce((sum, time) => sum + time.cpu, 0) / times.length
