import type { JournalBatch, OwnedWait, Store, WaitRecord } from '@sluice/store'
import { stringify } from 'devalue'
import { systemPlatform } from '../platform.ts'

/** How many turns of the event loop after its registration a wait is answered. */
export type AnswerDelay = (wait: WaitRecord) => number | 'never'

export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** The store's clock counts milliseconds. */
export function nextMillisecond(): void {
  const before = Date.now()
  while (Date.now() <= before);
}

/**
 * A store in which somebody answers every wait for input with its own name, and emits every event that is waited for, some turns after
 * it was registered, whatever has become of the process by then. An event of that name comes before, too: nobody waited for it yet.
 */
export function answeringStore(store: Store, delay: AnswerDelay): Store {
  const answered = new Set<string>()
  const serve = async (wait: WaitRecord): Promise<void> => {
    const count = delay(wait)
    // No great number of turns: they would go on in the files that are tested after this one.
    if (count === 'never') return
    await turns(count)
    if (wait.kind === 'input')
      await store.answerWait({ waitId: wait.id, answer: stringify(wait.name), by: 'a test' }).catch(() => undefined)
    if (wait.event) await emit(wait, 'right').catch(() => undefined)
  }
  const emit = (wait: WaitRecord, payload: string): Promise<void> =>
    store.emitEvents([
      {
        id: systemPlatform.newId(),
        workspace: 'default',
        name: wait.event?.name ?? '',
        key: null,
        payload: JSON.stringify(payload),
        rootId: null,
      },
    ])
  const registered = (batch: JournalBatch): readonly WaitRecord[] =>
    batch.entries.flatMap((entry) => (entry.kind === 'wait' && entry.row.status === 'open' ? [entry.row] : []))
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== 'appendJournal') return member.bind(target) as unknown
      return async (batch: JournalBatch) => {
        const waits = registered(batch).filter((wait) => !answered.has(wait.id))
        for (const wait of waits) {
          answered.add(wait.id)
          if (!wait.event) continue
          await emit(wait, 'too early')
          nextMillisecond()
        }
        const receipt = await target.appendJournal(batch)
        for (const wait of waits) void serve(wait)
        return receipt
      }
    },
  })
}

/**
 * A store in which somebody answers a wait when its owner is about to time it out: right before that is written (0 turns), or so many
 * turns later, which is too late unless the owner has died before. `told`: what whoever answered was told.
 */
export function answeredAtTheEnd(store: Store, delay: number, told: (outcome: string) => void): Store {
  let answered = false
  const answer = async (waitId: string): Promise<void> => {
    await turns(delay)
    told(await store.answerWait({ waitId, answer: stringify('an answer'), by: 'a test' }))
  }
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      if (name !== 'timeOutWait') return member.bind(target) as unknown
      return async (wait: OwnedWait) => {
        const answering = answered ? undefined : answer(wait.waitId)
        answered = true
        if (delay === 0) await answering
        return target.timeOutWait(wait)
      }
    },
  })
}
