import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { stateOf } from '@sluice/core'
import { type NewRun, openStore, type Store } from '@sluice/store'
import { openLocalStorage } from '../storage/local-storage.ts'
import { openTestBucket } from '../storage/test-bucket.testsupport.ts'
import { openEmbeddedCatalog } from './embedded-catalog.ts'
import type { TestLake } from './lake-catalog.testsuite.ts'
import type { Lake } from './test-table.testsupport.ts'

/** Where a lake's catalogue and its files are. */
export interface LakePlace {
  /** What `openStore` takes. */
  readonly target: string
  readonly root: string
}

export interface EmbeddedLake extends TestLake, LakePlace {
  readonly store: Store
}

/** A catalogue, its store and its storage as a process has them. */
export async function openLakeAt({ target, root }: LakePlace): Promise<Lake & { readonly store: Store }> {
  const store = await openStore(target)
  const storage = isBucket(root) ? await openTestBucket(root, `${target}-cache`) : await openLocalStorage(root)
  return { store, storage, catalog: await openEmbeddedCatalog(store, storage) }
}

const isBucket = (root: string): boolean => /^(?:s3|gs):/.test(root)

/** A lake in a directory of its own, or in a bucket, over the database at `target`, or over SQLite beside it. */
export async function createLake(target?: string, bucket?: string): Promise<EmbeddedLake> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sluice-lake-'))
  const place = { target: target ?? path.join(directory, 'sluice.db'), root: bucket ?? path.join(directory, 'lake') }
  if (target === undefined) {
    // Only here: processes that write to the same lake need none of it.
    const { createDatabaseFile } = await import('@sluice/testing')
    await createDatabaseFile(place.target)
  }
  const opened = [await openLakeAt(place)]
  const [first] = opened
  if (first === undefined) throw new Error('no lake was opened')
  return {
    ...place,
    ...first,
    open: async () => {
      const another = await openLakeAt(place)
      opened.push(another)
      return another
    },
    startRun: () => startRun(first.store),
    [Symbol.asyncDispose]: async () => {
      for (const { store, storage } of opened) {
        await storage[Symbol.asyncDispose]()
        await store.close()
      }
      await rm(directory, { recursive: true })
    },
  }
}

const at = 1_780_000_000_000_000
const process = { host: 'mill', bootId: 'b00t', pid: 4711, pidStart: '88231' }

export async function startRun(store: Store): ReturnType<TestLake['startRun']> {
  const id = uuid()
  await store.createRun({ ...newRun, id, rootId: id })
  const takeOver = async (): Promise<void> => {
    const state = stateOf('Running', at + 1)
    await store.claimRun({ id, expectedEpoch: 1, owner: { ...process, pid: 12 }, state, newAttempt: false, drop: [] })
  }
  return { owner: { rootId: id, epoch: 1, taskRunId: uuid() }, takeOver }
}

const uuid = (): string => randomUUID()

const newRun: Omit<NewRun, 'id' | 'rootId'> = {
  parentId: null,
  parentTaskId: null,
  key: null,
  flow: 'ingest',
  flowVersion: null,
  name: 'brave-otter',
  description: null,
  entrypoint: 'flows/ingest.ts:ingest',
  parameters: { text: '[{}]' },
  tags: [],
  state: stateOf('Running', at),
  timeline: [['Running', at]],
  attempt: 1,
  result: null,
  error: null,
  unhandled: [],
  upstream: { data: [], after: [] },
  createdAt: at,
  startedAt: at,
  endedAt: null,
  workspace: 'default',
  createdBy: 'ada',
  owner: process,
  rerunOf: null,
}
