import { toProblem } from '@sluice/api'
import { SluiceError, stateOf } from '@sluice/core'
import type { JournalBatch, JournalReceipt } from '@sluice/store'
import { settleTurns } from '@sluice/testing'
import { expect, test } from 'vitest'
import { JournalCourier } from './journal-courier.ts'

type Answer = { readonly verdicts: readonly unknown[] }

/** A courier of two runs, and the requests that it makes: each waits until it is answered. */
function fixture(
  runs = 2,
  isLinked = false,
): {
  readonly append: (name: string, text?: string) => Promise<unknown>
  readonly requests: string[]
  readonly answers: ((answer: Answer | Error) => void)[]
  readonly opened: unknown[]
} {
  const requests: string[] = []
  const opened: unknown[] = []
  const answers: ((answer: Answer | Error) => void)[] = []
  const send = ((input: { body: { batches: { token: string }[] }; headers: unknown }) => {
    requests.push(input.body.batches.map(({ token }) => token).join('+'))
    opened.push(input.headers)
    return new Promise((resolve, reject) =>
      answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer))),
    )
  }) as never
  const courier = new JournalCourier({ isLinked, count: () => undefined, send })
  for (let run = 0; run < runs; run++) courier.join()
  const alone = async (name: string): Promise<JournalReceipt> => {
    requests.push(`alone ${name}`)
    if (name === 'bad') throw new SluiceError('REQUEST_INVALID')
    if (name === 'mute') throw new SluiceError('SERVER_TIMEOUT')
    return { cancelling: false }
  }
  const append = (name: string, text = ''): Promise<unknown> =>
    courier
      .append({ token: name, batch: batchOf(name, text), alone: () => alone(name) })
      .catch((error: unknown) => (error as SluiceError).code)
  return { append, requests, answers, opened }
}

function batchOf(rootId: string, message: string): JournalBatch {
  return {
    rootId,
    epoch: 1,
    first: 1,
    entries: [{ kind: 'root', state: stateOf('Running', 1, { message }), timeline: [] }],
  }
}

const fine = { cancelling: false }

test('a run that is alone in its process has a request of its own, at once', async () => {
  const { append, requests } = fixture(1)
  const appended = append('a')
  expect(requests).toEqual(['alone a'])
  expect(await appended).toEqual(fine)
})

test('what several runs append in one turn goes together, and each batch has its own verdict', async () => {
  const { append, requests, answers, opened } = fixture()
  const all = Promise.all(['a', 'b', 'c'].map((name) => append(name)))
  await settleTurns()
  expect(requests).toEqual(['a+b+c'])
  expect(opened).toEqual([{ authorization: 'Bearer a' }])
  const problem = toProblem(new SluiceError('RUN_FENCED', { run: 'b', epoch: 2 }))
  answers[0]?.({ verdicts: [{ cancelling: true }, { problem }] })
  expect(await all).toEqual([{ cancelling: true }, 'RUN_FENCED', 'SERVER_ANSWER_INVALID'])
  expect(requests).toHaveLength(1)
})

test('two requests are under way at most, and what comes meanwhile goes together', async () => {
  const { append, requests, answers } = fixture()
  const done: Promise<unknown>[] = []
  for (const turn of ['ab', 'cd', 'ef', 'gh']) {
    done.push(...[...turn].map((name) => append(name)))
    await settleTurns()
  }
  expect(requests).toEqual(['a+b', 'c+d'])
  answers[1]?.({ verdicts: [fine, fine] })
  await settleTurns()
  expect(requests).toEqual(['a+b', 'c+d', 'e+f+g+h'])
  answers[0]?.({ verdicts: [fine, fine] })
  answers[2]?.({ verdicts: [fine, fine, fine, fine] })
  expect(await Promise.all(done)).toEqual(Array.from({ length: 8 }, () => fine))
})

test('a request that is refused as a whole is sent in pieces, so that only the batch at fault fails', async () => {
  const { append, requests, answers } = fixture()
  const all = Promise.all(['a', 'bad', 'c'].map((name) => append(name)))
  await settleTurns()
  answers[0]?.(new SluiceError('REQUEST_INVALID'))
  expect(await all).toEqual([fine, 'REQUEST_INVALID', fine])
  expect(requests).toEqual(['a+bad+c', 'alone a', 'alone bad', 'alone c'])
})

test('when no answer comes, every journal learns it and asks again by itself', async () => {
  const { append, requests, answers } = fixture()
  const all = Promise.all(['a', 'b'].map((name) => append(name)))
  await settleTurns()
  answers[0]?.(new SluiceError('SERVER_UNREACHABLE'))
  expect(await all).toEqual(['SERVER_UNREACHABLE', 'SERVER_UNREACHABLE'])
  const again = append('b')
  await settleTurns()
  expect(await again).toEqual(fine)
  expect(requests).toEqual(['a+b', 'alone b'])
})

test('what had no answer together goes alone until it has one: whoever is at fault takes no other with it', async () => {
  const { append, requests, answers } = fixture()
  const lost = Promise.all(['a', 'mute', 'c'].map((name) => append(name)))
  await settleTurns()
  answers[0]?.(new SluiceError('SERVER_TIMEOUT'))
  await lost
  requests.length = 0
  const again = Promise.all(['a', 'mute', 'c'].map((name) => append(name)))
  await settleTurns()
  expect(requests).toEqual(['alone a', 'alone mute', 'alone c'])
  expect(await again).toEqual([fine, 'SERVER_TIMEOUT', fine])
  requests.length = 0
  const then = ['a', 'mute', 'c'].map((name) => append(name))
  await settleTurns()
  expect(requests).toEqual(['alone mute', 'a+c'])
  answers[1]?.({ verdicts: [fine, fine] })
  expect(await Promise.all(then)).toEqual([fine, 'SERVER_TIMEOUT', fine])
})

test('a request carries no more than a server takes', async () => {
  const { append, requests, answers } = fixture()
  const large = 'x'.repeat(1_500_000)
  const some = Promise.all([append('a'), append('b', large), append('c', large), append('d')])
  await settleTurns()
  expect(requests).toEqual(['a+b', 'c+d'])
  for (const answer of answers) answer({ verdicts: [fine, fine] })
  await some
  const many = Promise.all(Array.from({ length: 150 }, (_, run) => append(String(run))))
  await settleTurns()
  expect(requests.slice(2).map((names) => names.split('+').length)).toEqual([100, 50])
  for (const answer of answers.slice(2)) answer({ verdicts: Array.from({ length: 100 }, () => fine) })
  await many
})
