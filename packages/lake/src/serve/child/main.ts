// The process beside a server that reads and writes tables for its API, told over IPC by the one that started it, and ending with it. It
// has the credentials of a bucket, and none of the database: the catalogue is asked over the same pipe.
import type { Json } from '@sluice/core'
import { assembleLake, tendedLake } from '../../table/open-lake.ts'
import { placeAt } from '../../storage/lake-place.ts'
import { openStorage } from '../../storage/open-storage.ts'
import type { OpenLake } from '../../table/lake.ts'
import { platform } from '../../platform.ts'
import { askedCatalog } from '../asked-catalog.ts'
import { dataVerbs } from '../data-verbs.ts'
import { jsonOf } from '../json-of.ts'
import { receivedError, sentError } from '../sent-error.ts'
import type { FromDataProcess, LakeToOpen, ToDataProcess } from './messages.ts'

const home = process.cwd()
const waiting = new Map<number, PromiseWithResolvers<unknown>>()
let lastQuestion = 0
let lake: Promise<OpenLake> | undefined

process.on('message', (message: ToDataProcess) => void hear(message))
// Nobody is there any more: what is under way is as after a crash, and whoever comes next goes on from there.
// `exit` would wait for the threads of Node, and so for what DuckDB does in them.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
tell({ kind: 'ready' })

async function hear(message: ToDataProcess): Promise<void> {
  if (message.kind === 'open') lake = open(message)
  else if (message.kind === 'answer') take(message.id)?.resolve(message.value)
  else if (message.kind === 'refusal') take(message.id)?.reject(receivedError(message.error))
  else tell(await work(message))
}

async function work({ verb, input, cwd }: Extract<ToDataProcess, { kind: 'do' }>): Promise<FromDataProcess> {
  try {
    const opened = await lake
    if (!opened) throw new Error('no lake was opened')
    // A file that was sent lies in a directory of its own: rows say its name, not where that was.
    process.chdir(cwd ?? home)
    const act = dataVerbs[verb] as (lake: OpenLake, input: unknown) => Promise<unknown>
    return { kind: 'done', result: jsonOf(await act(opened, input)) }
  } catch (error) {
    return { kind: 'failed', error: sentError(error) }
  } finally {
    process.chdir(home)
  }
}

async function open({ location, catalogId, project, cache, cacheBytes }: LakeToOpen): Promise<OpenLake> {
  const storage = await openStorage(placeAt(location), {
    project,
    directory: cache,
    budget: cacheBytes,
    block: (kind, name) => ask('block', kind, name) as Promise<Readonly<Record<string, Json>>>,
  })
  return tendedLake(assembleLake(askedCatalog(catalogId, ask, storage, platform), storage))
}

function ask(question: string, ...args: readonly unknown[]): Promise<unknown> {
  const answer = Promise.withResolvers<unknown>()
  const id = ++lastQuestion
  waiting.set(id, answer)
  tell({ kind: 'ask', id, question, args })
  return answer.promise
}

function take(id: number): PromiseWithResolvers<unknown> | undefined {
  const answer = waiting.get(id)
  waiting.delete(id)
  return answer
}

function tell(message: FromDataProcess): void {
  process.send?.(message, () => undefined)
}
