import { markDeadRuns, openHome, type Home, type OpenHome } from '@sluice/engine'
import type { Paint } from '@sluice/engine/report'
import path from 'node:path'
import { checkDisk, checkHome, checkNode, checkResults, checkSecretKey, type Check } from './doctor-checks.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { nodeVersion } from '../platform.ts'
import { printJson } from '../output/print.ts'
import { terminalOf } from '../output/terminal.ts'

/** `sluice doctor`: looks at everything a run depends on. Exit code 1 when something fails. */
export async function doctorCommand(flags: { readonly json: boolean }, io: CliIo): Promise<number> {
  const checks = [checkNode(nodeVersion()), ...(await checkSurroundings(io))]
  const failed = checks.some((check) => check.status === 'fail')
  if (flags.json) printJson(io, { ok: !failed, items: checks, next: null })
  else io.stdout.write(checks.map((check) => checkText(check, terminalOf(io).paint)).join(''))
  return failed ? exitCodes.failed : exitCodes.ok
}

async function checkSurroundings(io: CliIo): Promise<Check[]> {
  let home: OpenHome
  try {
    home = await openHome({ cwd: io.cwd })
  } catch (error) {
    return [failure('store', error)]
  }
  try {
    return [
      await checkHome(home.dir),
      await checkStore(home),
      await checkDeadRuns(home),
      await checkResults(path.join(home.dir, 'results')),
      await checkSecretKey(home.dir, io.env),
      await checkDisk(home.dir),
      await checkLake(home),
    ]
  } finally {
    await home.close()
  }
}

/** It is open: its schema fits. One list shows that it also answers. */
async function checkStore(home: Home): Promise<Check> {
  try {
    await home.store.listRuns({ limit: 1 })
    return { name: 'store', status: 'ok', message: `${home.store.kind} at ${home.store.location}` }
  } catch (error) {
    return failure('store', error)
  }
}

/** Whether the files of the lake can be read and written. Where there is no lake yet, none is made. */
async function checkLake(home: OpenHome): Promise<Check> {
  const name = 'lake'
  try {
    const { homeMayHaveLake, lookAtLake } = await import('@sluice/lake/catalog')
    if (!homeMayHaveLake(home)) return { name, status: 'ok', message: 'none yet; it is made with the first table' }
    const { location, problem } = await lookAtLake(home, () => home.settings.platform.newId())
    return problem === undefined
      ? { name, status: 'ok', message: location }
      : { name, status: 'fail', message: `${location}: ${problem}` }
  } catch (error) {
    return failure(name, error)
  }
}

async function checkDeadRuns(home: Home): Promise<Check> {
  try {
    const dead = await markDeadRuns(home)
    const live = (await home.store.listOwned()).length
    if (dead.length === 0) return { name: 'runs', status: 'ok', message: `${live} live, none abandoned` }
    const message = `${dead.length} abandoned by a dead process, now marked Crashed: ${dead.map((run) => `${run.flow} ${run.id}`).join(', ')}`
    return { name: 'runs', status: 'warn', message, next: 'Continue them: npx sluice runs retry <id>' }
  } catch (error) {
    return failure('runs', error)
  }
}

function failure(name: string, error: unknown): Check {
  return { name, status: 'fail', message: error instanceof Error ? error.message : String(error) }
}

const marks = { ok: ['✓', 'green'], warn: ['!', 'yellow'], fail: ['✗', 'red'] } as const

function checkText(check: Check, paint: Paint): string {
  const [glyph, style] = marks[check.status]
  const next = check.next === undefined ? '' : `  ${' '.repeat(12)}${check.next}\n`
  return `${paint(style, glyph)} ${check.name.padEnd(12)}${check.message}\n${next}`
}
