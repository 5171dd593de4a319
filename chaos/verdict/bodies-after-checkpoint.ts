import type { Evidence, Finding } from './evidence.ts'

/** The mapping between two clocks is not exact. In µs. */
const tolerance = 5_000

/** No body starts after the checkpoint of its call was committed, unless that checkpoint was dropped since. */
export function bodiesAfterCheckpoint({ books, ledger, clockOffset }: Evidence): readonly Finding[] {
  const histories = new Map<string, { readonly at: number; readonly final: boolean; readonly state: string }[]>()
  for (const { kind, root, key, at, b, note } of books.entries) {
    if (kind !== 'task' && kind !== 'dropped') continue
    const history = histories.get(`${root} ${key}`) ?? []
    histories.set(`${root} ${key}`, history)
    history.push({ at: at - clockOffset, final: kind === 'task' && b === 1, state: note ?? 'dropped' })
  }
  return ledger
    .filter(({ event }) => event === 'start')
    .flatMap(({ t, root, key, task, epoch, machine, attempt }) => {
      const before = histories.get(`${root} ${key}`)?.findLast(({ at }) => at < t - tolerance)
      if (before?.final !== true) return []
      const late = Math.round((t - before.at) / 1_000)
      const who = `${task}, attempt ${attempt} at epoch ${epoch} on ${machine}`
      const problem = `${who}, started ${late} ms after its checkpoint (${before.state}) was committed`
      return [{ law: 'no body starts after its checkpoint', root, problem }]
    })
}
