import { temporaryDirectory } from './bench-home.ts'
import type { Contender, Kind } from './contenders.ts'
import { growthPerItem, postgresSize } from './database-size.ts'
import { forkChild } from './fork-child.ts'
import type { BenchPostgres } from './postgres.ts'
import { median, type Rounds } from './rounds.ts'
import { timeScript } from './run-script.ts'

/** One figure of one engine, under a name that all engines share. */
export interface PeerFigure {
  readonly name: string
  readonly unit: string
  readonly value: number
}

const manySteps = 10_000

/** Runs for one engine, in an empty database. Gives the same figures for every engine. */
export type PeerWorkload = (engine: Contender, postgres: BenchPostgres) => Promise<readonly PeerFigure[]>

/** In the order in which they are printed. */
export const peerWorkloads: readonly PeerWorkload[] = [
  (engine, postgres) => stepFigures(engine, postgres, 'sequential', 1_000, 'step, one after the other'),
  (engine, postgres) => stepFigures(engine, postgres, 'fanned-out', 1_000, 'step, 1 000 at once'),
  (engine, postgres) => stepFigures(engine, postgres, 'fanned-out', manySteps, 'step, 10 000 at once'),
  sizeFigures,
  resumeFigure,
  startFigure,
]

async function stepFigures(
  engine: Contender,
  postgres: BenchPostgres,
  kind: Kind,
  count: number,
  name: string,
): Promise<readonly PeerFigure[]> {
  const rounds = await postgres.withDatabase((url) => forkChild<Rounds>(engine.tasks(url, kind, count, 3)))
  return [
    { name, unit: 'µs', value: rounds?.wall ?? Number.NaN },
    { name: `${name}: cpu of the process`, unit: 'µs', value: rounds?.cpu ?? Number.NaN },
  ]
}

/** Against a database in which a flow without steps has run: the schema does not count. */
function sizeFigures(engine: Contender, postgres: BenchPostgres): Promise<readonly PeerFigure[]> {
  return postgres.withDatabase(async (url) => {
    await forkChild(engine.tasks(url, 'fanned-out', 0, 0))
    const before = await postgresSize(url)
    await forkChild(engine.tasks(url, 'fanned-out', manySteps, 0))
    const { rows, bytes } = growthPerItem(before, await postgresSize(url), manySteps)
    return [
      { name: 'rows per step', unit: 'rows', value: rows },
      { name: 'bytes per step, with indexes', unit: 'B', value: bytes },
    ]
  })
}

function resumeFigure(engine: Contender, postgres: BenchPostgres): Promise<readonly PeerFigure[]> {
  return postgres.withDatabase(async (url) => {
    await using directory = await temporaryDirectory()
    const place = { url, directory: directory.path }
    await forkChild(engine.crash(place, 'fanned-out', manySteps))
    const resumed = await forkChild<{ wall: number }>(engine.resume(place, 'fanned-out', manySteps))
    return [{ name: 'resume after 10 000 steps', unit: 'ms', value: resumed?.wall ?? Number.NaN }]
  })
}

/** The schema is there already: the first start of all would measure migrations. */
function startFigure(engine: Contender, postgres: BenchPostgres): Promise<readonly PeerFigure[]> {
  return postgres.withDatabase(async (url) => {
    await using directory = await temporaryDirectory()
    const script = engine.oneStep({ url, directory: directory.path })
    await timeScript(script)
    const times: number[] = []
    for (let turn = 0; turn < 9; turn++) times.push((await timeScript(script)).wall)
    return [{ name: 'script with one step, start to exit', unit: 'ms', value: median(times) }]
  })
}
