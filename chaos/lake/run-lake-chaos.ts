import { sharedHome } from '@sluice/engine'
import { table } from '@sluice/lake'
import { openLakeOf, sweepLake, tableVersions, describeTable } from '@sluice/lake/manage'
import { verifyLake } from '@sluice/lake/catalog'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, seeded } from '../random.ts'
import { type Held, lakePlan, type LakeStep, type Row, type World } from './lake-plan.ts'

export interface LakeChaos {
  readonly seed: number
  readonly writers: number
  readonly commits: number
  /** For so long processes are killed; afterwards they may finish. */
  readonly chaosMs: number
  readonly roundMs: number
  /** A Python with PyIceberg, which then reads what `main` holds, too. */
  readonly python: string | undefined
  readonly directory: string
  readonly say: (line: string) => void
}

export interface LakeChaosResult {
  readonly findings: readonly string[]
  readonly kills: number
  readonly rounds: number
  readonly steps: number
  readonly snapshotsRead: number
  /** By code: what writers met and got over. */
  readonly met: Readonly<Record<string, number>>
}

/** Plays a plan in several processes on one lake, kills them, and looks after each round whether everything is as it must be. */
export async function runLakeChaos(chaos: LakeChaos): Promise<LakeChaosResult> {
  process.env['SLUICE_HOME'] = path.join(chaos.directory, '.sluice')
  return new LakeRun(chaos).run()
}

class LakeRun {
  readonly #chaos: LakeChaos
  readonly #random: Random
  readonly #plans: readonly (readonly LakeStep[])[]
  readonly #findings: string[] = []
  readonly #children = new Map<number, ChildProcess>()
  /** What old versions read as when they were first read. */
  readonly #seen = new Map<string, string>()
  #kills = 0
  #rounds = 0
  #reads = 0

  constructor(chaos: LakeChaos) {
    this.#chaos = chaos
    this.#random = seeded(chaos.seed, 'lake kills')
    this.#plans = Array.from({ length: chaos.writers }, (_, writer) => lakePlan(chaos.seed, writer, chaos.commits))
  }

  async run(): Promise<LakeChaosResult> {
    const { chaosMs, say } = this.#chaos
    const until = Date.now() + chaosMs
    for (;;) {
      const isLast = Date.now() >= until
      await this.#round(isLast)
      this.#rounds += 1
      await this.#verify()
      const steps = this.#progress()
      say(`round ${this.#rounds}: ${steps} steps done, ${this.#kills} kills, ${this.#findings.length} findings`)
      if (this.#findings.length > 0 || isLast || steps === this.#chaos.writers * this.#chaos.commits) break
    }
    return {
      findings: this.#findings,
      kills: this.#kills,
      rounds: this.#rounds,
      steps: this.#progress(),
      snapshotsRead: this.#reads,
      met: this.#met(),
    }
  }

  async #round(isLast: boolean): Promise<void> {
    const end = Date.now() + (isLast ? 120_000 : this.#chaos.roundMs)
    const enough = isLast ? Infinity : this.#progress() + this.#chaos.writers * 5
    while (Date.now() < end && this.#progress() < enough && this.#findings.length === 0) {
      for (let writer = 0; writer < this.#chaos.writers; writer++) this.#start(writer)
      if (this.#children.size === 0) return
      await this.#someSteps(isLast ? 1 : this.#random.int(1, this.#chaos.writers))
      const [first, ...others] = this.#children.values()
      if (isLast || first === undefined) continue
      this.#kills += 1
      await killed(this.#random.pick([first, ...others]))
    }
    if (isLast && this.#children.size > 0) this.#findings.push('writers did not finish within two minutes')
    await Promise.all([...this.#children.values()].map(killed))
  }

  /** Kills come where work is done, not while processes start. */
  async #someSteps(count: number): Promise<void> {
    const [from, until] = [this.#progress(), Date.now() + 8_000]
    while (this.#progress() < from + count && Date.now() < until && this.#children.size > 0) await sleep(25)
    await sleep(this.#random.int(0, 200))
  }

  #start(writer: number): void {
    if (this.#children.has(writer) || this.#done(writer) === this.#chaos.commits) return
    const { seed, commits } = this.#chaos
    const script = path.join(import.meta.dirname, 'lake-writer.ts')
    const child = spawn(
      process.execPath,
      ['--conditions=source', script, String(seed), String(writer), String(commits), this.#ledger(writer)],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, SLUICE_LOG: 'plain' } },
    )
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
    child.once('exit', (code) => {
      this.#children.delete(writer)
      if (code !== null && code !== 0)
        this.#findings.push(
          `writer ${writer} failed: ${this.#lines(writer).findLast((line) => line.includes('error')) ?? stderr}`,
        )
      const [warning] = /.*(?:Warning|Error).*/.exec(stderr) ?? []
      if (warning !== undefined && !warning.includes('ExperimentalWarning'))
        this.#chaos.say(`writer ${writer}: ${stderr.slice(0, 600)}`)
    })
    this.#children.set(writer, child)
  }

  #ledger(writer: number): string {
    return path.join(this.#chaos.directory, `writer-${writer}.jsonl`)
  }

  #lines(writer: number): readonly string[] {
    const file = this.#ledger(writer)
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
  }

  #done(writer: number): number {
    return this.#lines(writer).filter((line) => line.includes('"done"')).length
  }

  #progress(): number {
    return this.#plans.reduce((sum, _, writer) => sum + this.#done(writer), 0)
  }

  #met(): Readonly<Record<string, number>> {
    const met: Record<string, number> = {}
    for (const writer of this.#plans.keys())
      for (const line of this.#lines(writer)) {
        const { code, kind } = JSON.parse(line) as { readonly code?: string; readonly kind?: string }
        if (code !== undefined) met[`${kind} ${code}`] = (met[`${kind} ${code}`] ?? 0) + 1
      }
    return met
  }

  /** Nobody else is at work now. */
  async #verify(): Promise<void> {
    const lake = await openLakeOf(await sharedHome(), { create: true })
    if (!lake) return
    if (this.#random.chance(0.5)) await sweepLake(lake, { grace: 0 })
    const { problems } = await verifyLake(lake)
    for (const { key, problem } of problems) this.#findings.push(`verify: ${key}: ${problem}`)
    const tables = (await lake.catalog.list()).map(({ name }) => name)
    const found = new Map<string, readonly Read[]>()
    for (const name of tables.filter((each) => !each.includes('quarantine')))
      found.set(name, await this.#read(name, undefined))
    for (const [writer, plan] of this.#plans.entries()) await this.#fates(writer, plan, found)
    for (const name of tables) {
      await this.#versions(name)
      await this.#branches(lake, name)
    }
    await this.#python(found)
  }

  /** Every step that was acknowledged has happened once, the one under way has or has not, and no other. */
  async #fates(writer: number, plan: readonly LakeStep[], found: ReadonlyMap<string, readonly Read[]>): Promise<void> {
    const done = this.#done(writer)
    const before: World = plan[done - 1]?.after ?? new Map()
    const after: World = plan[done]?.after ?? before
    const step = plan[done]
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const [place = '', branch] = name.split('@')
      if (
        branch !== undefined &&
        (step?.act.kind === 'unbranch' || step?.act.kind === 'branch' || step?.act.kind === 'drop')
      )
        continue
      const rows = branch === undefined ? found.get(place) : await this.#read(place, branch)
      const now = textOf((rows ?? []).filter(({ w }) => w === writer))
      const allowed = [before, after].map((world) => heldText(world.get(name) ?? new Map()))
      if (allowed.includes(now)) continue
      if (step?.table === place && this.#isBetween(step, now, before.get(name) ?? new Map())) continue
      this.#findings.push(
        `writer ${writer}, ${name}, ${done} steps done, next ${JSON.stringify(step?.act.kind)}:\n  is     ${now}\n  before ${allowed[0]}\n  after  ${allowed[1]}`,
      )
    }
  }

  /** Steps of several commits: the first of them may be there alone. */
  #isBetween({ act }: LakeStep, now: string, before: Held): boolean {
    if (act.kind !== 'blocked' && act.kind !== 'quarantined') return false
    const meanwhile = act.kind === 'blocked' ? act.meanwhile : []
    const held = (...rows: readonly Row[]): string =>
      heldText(new Map([...before, ...rows.map(({ n, v }) => [n, v] as const)]))
    return [held(...act.rows), held(...meanwhile), held(...meanwhile, ...act.rows)].includes(now)
  }

  async #versions(name: string): Promise<void> {
    const lake = await openLakeOf(await sharedHome(), { create: true })
    if (!lake) return
    const pointer = await lake.catalog.find(name)
    for (const { snapshot, rows: total } of await tableVersions(lake, name)) {
      const key = `${pointer?.id} ${snapshot}`
      // Those that were read before are read again now and then.
      if (this.#seen.has(key) && !this.#random.chance(0.3)) continue
      const rows = await this.#read(name, BigInt(snapshot))
      const text = textOf(rows)
      if (rows.length !== total)
        this.#findings.push(`${name} ${snapshot}: ${rows.length} rows, its summary says ${total}`)
      if ((this.#seen.get(key) ?? text) !== text) this.#findings.push(`${name} ${snapshot} reads otherwise than before`)
      this.#seen.set(key, text)
      this.#reads += 1
    }
  }

  async #branches(lake: NonNullable<Awaited<ReturnType<typeof openLakeOf>>>, name: string): Promise<void> {
    const { refs } = await describeTable(lake, name)
    for (const { name: ref } of refs) if (ref !== 'main') await this.#read(name, ref)
  }

  async #read(name: string, version: bigint | string | undefined): Promise<readonly Read[]> {
    const one = version === undefined ? table(name) : table(name).at(version)
    const rows: Read[] = []
    try {
      for await (const row of one.rows()) rows.push({ w: Number(row['w']), n: Number(row['n']), v: Number(row['v']) })
    } catch (error) {
      this.#findings.push(
        `reading ${name} at ${version ?? 'main'}: ${error instanceof Error ? error.stack : String(error)}`,
      )
    }
    return rows
  }

  async #python(found: ReadonlyMap<string, readonly Read[]>): Promise<void> {
    const { python } = this.#chaos
    if (python === undefined) return
    const names = [...found.keys()]
    const places = await Promise.all(names.map((name) => table(name).metadataLocation()))
    const out = execFileSync(python, ['-c', program], { input: JSON.stringify(places), maxBuffer: 1 << 28 })
    for (const [index, rows] of (JSON.parse(String(out)) as readonly (readonly Read[])[]).entries()) {
      const name = names[index] ?? ''
      if (textOf(rows) !== textOf(found.get(name) ?? [])) this.#findings.push(`PyIceberg reads ${name} otherwise`)
    }
  }
}

interface Read {
  readonly w: number
  readonly n: number
  readonly v: number
}

const program = `
import sys, json
from pyiceberg.table import StaticTable
json.dump([StaticTable.from_metadata(p).scan().to_arrow().select(['w','n','v']).to_pylist() for p in json.load(sys.stdin)], sys.stdout)
`

const heldText = (held: Held): string => textOf([...held].map(([n, v]) => ({ w: 0, n, v })))

const textOf = (rows: readonly Read[]): string =>
  rows
    .map(({ n, v }) => `${n}:${v}`)
    .toSorted()
    .join(' ')

function killed(child: ChildProcess): Promise<unknown> {
  const gone = new Promise((resolve) => void child.once('exit', resolve))
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  child.kill('SIGKILL')
  return gone
}
