import type { Store, WaitRecord } from '@sluice/store'
import { stringify } from 'devalue'

/** Waits of the newest root run, in the order of the journal. */
export async function waitsOf(store: Store): Promise<readonly WaitRecord[]> {
  const { items } = await store.listRuns({ limit: 1 })
  const [run] = items
  return run ? (await store.loadCheckpoints(run.id)).waits : []
}

/** Answers the open wait of this name, as the API would. */
export async function answer(store: Store, name: string, value: unknown): Promise<string> {
  const wait = (await waitsOf(store)).find((one) => one.name === name && one.status === 'open')
  if (!wait) return 'no such wait'
  return store.answerWait({ waitId: wait.id, answer: stringify(value), by: 'a test' })
}
