import { isSluiceError } from '@sluice/core'
import { sharedHome } from '@sluice/engine'
import { lake, type LakeCatalog, range, table, type Table } from '@sluice/lake'
import { branchTable, deleteBranch, openLakeOf, rollbackTable, sweepLake, tagTable } from '@sluice/lake/manage'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '../random.ts'
import { checkedTable, type LakeAct, type LakeStep, lakePlan, type Row } from './lake-plan.ts'

// A process of its own: does the steps of one writer, from where its ledger ends. It may be killed at any moment.
const [seed = '', writer = '', commits = '', ledger = ''] = process.argv.slice(2)

const say = (line: object): void => appendFileSync(ledger, `${JSON.stringify(line)}\n`)
const said = existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').slice(0, -1) : []
const done = said.filter((line) => line.includes('"done"')).length
const begun = said.filter((line) => line.includes('"begun"')).length > done

const opened = await openLakeOf(await sharedHome(), { create: true })
if (!opened) throw new Error('there is no lake')
const open = opened

// A kill from outside hardly ever comes between a commit and its acknowledgement: there the process ends itself.
const random = seeded(Number(seed), `dies ${writer} ${said.length}`)
const { commit } = Object.getPrototypeOf(open.catalog) as Pick<LakeCatalog, 'commit'>
open.catalog.commit = async function dying(this: LakeCatalog, asked) {
  if (random.chance(0.02)) dieHere()
  const receipt = await commit.call(this, asked)
  if (random.chance(0.06)) dieHere()
  return receipt
}

function dieHere(): void {
  say({ state: 'dies' })
  process.kill(process.pid, 'SIGKILL')
}

const retried = new Set(['LAKE_COMMIT_CONFLICT', 'LAKE_FILE_NOT_FOUND'])

for (const [at, step] of lakePlan(Number(seed), Number(writer), Number(commits)).entries()) {
  if (at < done) continue
  const again = begun && at === done
  if (!again) say({ at, state: 'begun', kind: step.act.kind, table: step.table })
  for (let tries = 1; ; tries++) {
    try {
      await perform(step, again || tries > 1)
      break
    } catch (error) {
      const code = isSluiceError(error) ? error.code : 'none'
      say({ at, state: 'error', kind: step.act.kind, table: step.table, tries, code, text: textOf(error) })
      if (!retried.has(code) || tries === 15) process.exit(3)
      await sleep(20 * tries)
    }
  }
  say({ at, state: 'done' })
}
process.exit(0)

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const details = isSluiceError(error)
    ? JSON.stringify(error.details, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))
    : ''
  return `${details} ${error.stack ?? ''} ${error.cause instanceof Error ? error.cause.stack : ''}`
}

function handle(name: string): Table {
  if (name === checkedTable) return table(name, { key: ['n'] })
  if (name.startsWith('g.')) return table(name, { key: ['n'], checks: [range('v', { min: 0 })] })
  return table(name)
}

async function perform({ table: name, id, act }: LakeStep, again: boolean): Promise<void> {
  const one = handle(name)
  const w = Number(writer)
  switch (act.kind) {
    case 'append':
    case 'replace':
      await one[act.kind](act.rows, { id, ...(act.branch !== undefined && { branch: act.branch }) })
      return
    case 'merge':
      await one.merge(act.rows, { id, key: ['n'] })
      return
    case 'overwrite':
      await one.overwrite(act.rows, { id, where: { w } })
      return
    case 'delete':
      await one.delete({ id, where: { w, n: act.numbers } })
      return
    case 'blocked':
      await blocked(one, id, act, again)
      return
    case 'quarantined':
      await quarantined(one, id, act)
      return
    case 'tag':
      await tagTable(open, name, act.name)
      return
    case 'rollback':
      await rollbackTable(open, name, act.name)
      return
    case 'branch':
      await ignoring(again, ['OPTION_INVALID'], () => branchTable(open, name, act.name))
      return
    case 'unbranch':
      await ignoring(again, ['TABLE_VERSION_NOT_FOUND'], () => deleteBranch(open, name, act.name))
      return
    case 'release':
      await ignoring(again, ['RELEASE_EXISTS'], () => lake.release(act.name, [name]))
      return
    case 'unrelease':
      await lake.rollback(act.name)
      return
    case 'drop':
      await ignoring(again, ['TABLE_NOT_FOUND'], () => lake.drop(name, { purge: true, grace: '3s' }))
      return
    case 'compact':
      await ignoring(true, ['TABLE_NOT_FOUND'], () => one.compact({}))
      return
    case 'expire':
      await ignoring(true, ['TABLE_NOT_FOUND'], () => one.expire({ olderThan: '1s', grace: '3s' }))
      return
    case 'sweep':
      await sweepLake(open, { grace: '60s' })
      return
    case 'widen':
      await one.alter({ describe: { v: `as of ${id}` } })
  }
}

async function ignoring(really: boolean, codes: readonly string[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!really || !isSluiceError(error) || !codes.includes(error.code)) throw error
  }
}

async function blocked(
  one: Table,
  id: string,
  { rows, force, how, meanwhile }: LakeAct & { readonly kind: 'blocked' },
  again: boolean,
): Promise<void> {
  try {
    const { repeated } = await (how === 'merge' ? one.merge(rows, { id, key: ['n'] }) : one.append(rows, { id }))
    // Settled by a try before this one.
    if (!again || !repeated) throw new Error('a load that breaks a check was let through')
  } catch (error) {
    if (!isSluiceError(error, 'LOAD_BLOCKED')) throw error
    if (!force) return one.drop(id)
    if (meanwhile.length > 0) await one.append(meanwhile, { id: `${id}-meanwhile` })
    await one.publish(id, { force: true })
  }
  if (force) await one.delete({ id: `${id}-mend`, where: { v: -1 } })
}

async function quarantined(
  one: Table,
  id: string,
  { rows, bad }: { readonly rows: readonly Row[]; readonly bad: readonly Row[] },
): Promise<void> {
  const spoilt = bad.map((row) => ({ ...row, v: `is ${row.v}` }))
  await one.append([...rows, ...spoilt], { id, maxRejected: 1 })
  await one.replay({ load: id, fix: (row) => ({ ...row, v: Number(String(row['v']).slice(3)) }) })
}
