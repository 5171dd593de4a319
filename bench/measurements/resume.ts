import { temporaryDirectory } from '../bench-home.ts'
import { type BenchRow, grouped, rowOf } from '../bench-row.ts'
import { forkChild } from '../fork-child.ts'
import { median } from '../rounds.ts'

const count = 10_000

/** A run whose process was killed after 10 000 tasks, continued by a new process: from opening the home to the end of the run. */
export async function measure(): Promise<readonly BenchRow[]> {
  return [await resumed('sequential', 'one after the other'), await resumed('fanned-out', 'at once')]
}

async function resumed(flow: string, how: string): Promise<BenchRow> {
  const walls: number[] = []
  for (let round = 0; round < 3; round++) {
    await using directory = await temporaryDirectory()
    const env = { SLUICE_HOME: directory.path }
    const child = (phase: string) => ({
      script: 'scripts/crash-and-resume.ts',
      args: [phase, flow, String(count)],
      env,
    })
    await forkChild(child('crash'))
    walls.push((await forkChild<{ wall: number }>(child('resume')))?.wall ?? Number.NaN)
  }
  const note = `${grouped(Math.min(...walls))} – ${grouped(Math.max(...walls))} in 3 new processes`
  return rowOf({
    name: `resume after 10 000 tasks ${how}, SQLite`,
    value: median(walls),
    unit: 'ms',
    atMost: 1_000,
    note,
  })
}
