import { type Json, SluiceError } from '@sluice/core'
import type { WaitRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import { topics } from '../loops/wakeups.ts'
import { readSchema } from '../runs/parameter-check.ts'
import { schemaOfWait } from './wait-schema.ts'

/**
 * Answers a question that a run asks. The first answer wins; the flow's own schema checks it once more. Throws `WAIT_NOT_FOUND`,
 * `WAIT_CLOSED`, `ANSWER_INVALID`.
 */
export async function answerWait(context: Context, waitId: string, value: Json, by: string): Promise<WaitRecord> {
  const { store } = context.home
  const wait = await store.getWait(waitId)
  if (!wait) throw new SluiceError('WAIT_NOT_FOUND', { wait: waitId })
  if (wait.kind !== 'input')
    throw new SluiceError('ANSWER_INVALID', {
      wait: waitId,
      reason: `it waits for ${kinds[wait.kind]}, not for an answer`,
    })
  if (wait.status !== 'open' || wait.answer !== null) throw closed(wait)
  checkAnswer(wait, value)
  await answerInput(context, wait, value, by)
  return (await store.getWait(waitId)) ?? wait
}

const kinds = { sleep: 'a time', event: 'an event', run: 'a run', input: 'an answer' } as const

/** Writes the answer down and wakes who waits for it. Throws `WAIT_CLOSED`. */
export async function answerInput(context: Context, wait: WaitRecord, value: Json, by: string): Promise<void> {
  const { home, wakeups } = context
  const encoded = await home.values.encode(value, `the answer to ${wait.name ?? wait.id}`)
  if ('ref' in encoded)
    throw new SluiceError('ANSWER_INVALID', {
      wait: wait.id,
      reason: 'it is larger than 64 KiB: give the address of the data instead',
    })
  const outcome = await home.store.answerWait({ waitId: wait.id, answer: encoded.text, by })
  if (outcome !== 'answered') throw closed(wait)
  const run = await home.store.getRun(wait.rootId)
  const pool = run?.origin?.pool
  wakeups.send(topics.run(wait.rootId), topics.events, ...(pool ? [topics.pool(pool)] : []))
}

function checkAnswer(wait: WaitRecord, value: Json): void {
  const schema = schemaOfWait(wait.match)
  if (schema === null) return
  const { error } = readSchema(JSON.stringify(schema), () => undefined).safeParse(value)
  if (!error) return
  const issues = error.issues.map(({ message, path }) => ({ message, path: ['value', ...path] }))
  throw new SluiceError('ANSWER_INVALID', { wait: wait.name ?? wait.id, issues })
}

function closed(wait: WaitRecord): SluiceError {
  const reason = wait.answer === null ? undefined : reasonOf(wait.answer)
  return new SluiceError('WAIT_CLOSED', { wait: wait.name ?? wait.id, reason })
}

const reasonOf = ({ text, by }: NonNullable<WaitRecord['answer']>): string =>
  text === null ? 'its time was up' : `${by} has answered it`
