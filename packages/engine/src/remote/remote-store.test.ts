import { SluiceError, stateOf } from '@sluice/core'
import type { JournalBatch } from '@sluice/store'
import { expect, test } from 'vitest'
import type { EngineClient } from './engine-client.ts'
import { remoteSavedValues } from './remote-saved-values.ts'
import { remoteStarts, remoteStore } from './remote-store.ts'

const run = '01890000-0000-7000-8000-000000000001'
const url = 'http://127.0.0.1:1'

/** A client whose calls are answered by hand: what is called without an answer fails the test. */
function clientOf(answers: Readonly<Record<string, (input: never) => Promise<unknown>>>): EngineClient {
  return answers as unknown as EngineClient
}

const batch: JournalBatch = {
  rootId: run,
  epoch: 2,
  first: 1,
  entries: [{ kind: 'root', state: stateOf('Completed', 5), timeline: [['Completed', 5]] }],
}

test.each(['SERVER_UNREACHABLE', 'SERVER_TIMEOUT', 'SERVER_STOPPING', 'SERVER_ANSWER_INVALID', 'INTERNAL'] as const)(
  'a call that ends with %s found a store that does not answer, to be asked again',
  async (code) => {
    const error = new SluiceError(code)
    const store = remoteStore(clientOf({ appendJournal: () => Promise.reject(error) }), url, run)
    await expect(store.appendJournal(batch)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', cause: error })
  },
)

test.each(['RUN_FENCED', 'JOURNAL_GAP', 'UNAUTHENTICATED', 'STORE_UNAVAILABLE', 'BLOCK_NOT_ALLOWED'] as const)(
  '%s is told as it is: asking again would change nothing, or is decided by its code',
  async (code) => {
    const refuse = (): Promise<never> => Promise.reject(new SluiceError(code))
    const client = clientOf({ appendJournal: refuse, openBlock: refuse, startRun: refuse })
    await expect(remoteStore(client, url, run).appendJournal(batch)).rejects.toMatchObject({ code })
    await expect(remoteSavedValues(client, url, run).block('Secret', 'key')).rejects.toMatchObject({ code })
    const starts = remoteStarts(client, url, run)
    const started = [{ by: run }, undefined] as unknown as Parameters<typeof starts.start>
    await expect(starts.start(...started)).rejects.toMatchObject({ code })
  },
)

test('a batch whose answer was lost is sent again as it was, and its receipt is the answer', async () => {
  const sent: unknown[] = []
  const client = clientOf({
    appendJournal: async ({ body }: { readonly body: JournalBatch }) => {
      sent.push(body)
      if (sent.length === 1) throw new SluiceError('SERVER_UNREACHABLE')
      return { cancelling: true }
    },
  })
  const store = remoteStore(client, url, run)
  await expect(store.appendJournal(batch)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(await store.appendJournal(batch)).toMatchObject({ cancelling: true, freed: [] })
  expect(sent).toEqual([batch, batch])
})

test('a timeout is told with the wait, and what came first is the answer', async () => {
  const asked: unknown[] = []
  const client = clientOf({
    timeOutWait: async ({ params }: { readonly params: unknown }) => {
      asked.push(params)
      return { answer: asked.length === 1 ? '[1]' : null }
    },
  })
  const store = remoteStore(client, url, run)
  expect(await store.timeOutWait({ rootId: run, epoch: 2, waitId: 'w' })).toBe('[1]')
  expect(await store.timeOutWait({ rootId: run, epoch: 2, waitId: 'w' })).toBeNull()
  expect(asked[0]).toEqual({ run, wait: 'w' })
})

test('news are asked for after what is known, and from the beginning when nothing is', async () => {
  const asked: unknown[] = []
  const client = clientOf({
    readControl: async ({ query }: { readonly query: unknown }) => {
      asked.push(query)
      return { epoch: 2, state: 'running', answers: [], cancelTasks: [], seen: `s${asked.length}` }
    },
  })
  const store = remoteStore(client, url, run)
  const { signal } = new AbortController()
  await store.readControl(run)
  await store.readControl(run, { seen: 'anything', waitMs: 60_000, signal } as never)
  await store.readControl(run)
  expect(asked).toEqual([{ waitMs: 0 }, { waitMs: 20_000, seen: 's1' }, { waitMs: 0 }])
})
