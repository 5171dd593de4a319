import { expect, test } from 'vitest'
import { type Child, cleanUpAfterEach, makePlace, type Place, startScript, startSluice } from './spawn.ts'

cleanUpAfterEach()

const perLoad = 5_000

/** Starts the flow, or goes on with it: what somebody does who finds it killed. */
async function goOn(place: Place): Promise<Child> {
  await using store = await place.open()
  const [run] = (await store.listRuns({ limit: 1 })).items
  return run === undefined ? startScript('loads', place) : startSluice(['runs', 'retry', run.id], place)
}

/** What another process is told. */
async function asked<T>(place: Place, ...args: readonly string[]): Promise<readonly T[]> {
  const { code, stdout, stderr } = await startSluice(['lake', ...args, '--json'], place).ended
  expect(code, stderr).toBe(0)
  return (JSON.parse(stdout) as { readonly items: readonly T[] }).items
}

test(
  'a load that is killed at any of its steps is never half visible, and is there once when its run goes on',
  { timeout: 120_000 },
  async () => {
    const place = makePlace()
    let isDone = false
    for (const text of ['loading 0', 'extracted 0', 'load ✓', 'extracted 2']) {
      const child = await goOn(place)
      // A load that was sealed before does not ask its source again, and says nothing.
      await Promise.race([child.said(text).catch(() => undefined), child.ended])
      child.signal('SIGKILL')
      isDone = (await child.ended).code === 0
      for (const { name, rows } of await asked<{ name: string; rows: number }>(place, 'ls'))
        expect(rows % perLoad, `${name} after '${text}'`).toBe(0)
      // A slow kill finds nothing to kill.
      if (isDone) break
    }
    if (!isDone) {
      const { code, stdout, stderr } = await (await goOn(place)).ended
      expect(code, `${stdout}\n${stderr}`).toBe(0)
    }
    const counted = (table: string): string => `(select [count(*), count(distinct id)] from ${table})`
    const sql = `select ${counted('bronze.trips')} as trips, ${counted('gold.copies')} as copies`
    const all = [4 * perLoad, 4 * perLoad]
    expect(await asked(place, 'sql', sql)).toEqual([{ trips: all, copies: all }])
  },
)
