import { isTerminal } from '@sluice/core'
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { type Child, type Ended, type Place, startScript, startSluice } from './spawn.ts'

/** Bodies of `steps` that run at the same time at most. */
const inFlight = 3
const everyEffect = 1 + 4 * (1 + 2 + 6)

/** Starts the flow, or goes on with it: what somebody does who finds it killed. */
async function goOn(place: Place): Promise<Child> {
  const run = await onlyRun(place)
  return run === undefined ? startScript('steps', place) : startSluice(['runs', 'retry', run.id], place)
}

async function onlyRun(place: Place): Promise<{ readonly id: string; readonly state: string } | undefined> {
  await using store = await place.open()
  const { items } = await store.listRuns({ limit: 10 })
  expect(items.length).toBeLessThanOrEqual(1)
  return items[0] && { id: items[0].id, state: items[0].state.name }
}

async function committed(place: Place): Promise<ReadonlySet<string>> {
  await using store = await place.open()
  const { items } = await store.listRuns({ limit: 1 })
  const { items: rows } = await store.listTaskRuns({ rootId: items[0]?.id ?? '', limit: 1_000 })
  return new Set(rows.filter((row) => isTerminal(row.state.type)).map((row) => row.runName ?? ''))
}

const effectsOf = (place: Place): string[] => {
  try {
    return readFileSync(place.env['EFFECTS'] ?? '', 'utf8')
      .trim()
      .split('\n')
  } catch {
    return []
  }
}

/**
 * Kills `steps` with SIGKILL as each of `kills` says (after so many effects, or at a moment of the test's choice), continues it
 * each time in a new process, and checks that it ends with its result and that nothing committed happened again.
 */
export async function surviveKills(
  place: Place,
  kills: readonly (number | ((child: Child) => Promise<unknown>))[],
): Promise<void> {
  const watched: { readonly done: ReadonlySet<string>; readonly from: number }[] = []
  for (const moment of kills) {
    const child = await goOn(place)
    const reached = typeof moment === 'number' ? child.said('effect ', moment) : moment(child)
    await Promise.race([reached, child.ended])
    child.signal('SIGKILL')
    // A fast machine may have been done by then.
    if ((await child.ended).signal !== 'SIGKILL') break
    const done = await committed(place)
    const before = effectsOf(place)
    expect(
      [...done].filter((name) => name !== '' && !before.includes(name)),
      'recorded, yet it never happened',
    ).toEqual([])
    watched.push({ done, from: before.length })
  }
  if ((await onlyRun(place))?.state !== 'Completed') expectGoodEnd(await goOn(place).then((child) => child.ended))
  await expectComplete(place, kills.length)
  const effects = effectsOf(place)
  for (const { done, from } of watched)
    expect(
      effects.slice(from).filter((name) => done.has(name)),
      'happened again',
    ).toEqual([])
}

function expectGoodEnd(end: Ended): void {
  expect(end.stderr).not.toMatch(/SQLITE_|unhandled/i)
  expect(end.code, end.stderr).toBe(0)
}

async function expectComplete(place: Place, kills: number): Promise<void> {
  expect(await onlyRun(place)).toMatchObject({ state: 'Completed' })
  const effects = effectsOf(place)
  expect(new Set(effects).size).toBe(everyEffect)
  expect(effects.length).toBeLessThanOrEqual(everyEffect + kills * inFlight)
}
