import type { WhyJson } from '@sluice/api'

type Answer = WhyJson['answers'][number]

/** What a server has to do: give a run to a worker, take it back from one that is silent, fire what is due. */
const servers: ReadonlySet<string> = new Set([
  'LEASE_PASSED',
  'NO_WORKER',
  'IN_LINE',
  'NEXT_IN_LINE',
  'SUSPENDED',
  'RETRY_LATER',
  'DUE_LATER',
])
/** Those whose next step promises what only a server does. */
const promises: ReadonlySet<string> = new Set(['LEASE_PASSED', 'IN_LINE', 'NEXT_IN_LINE', 'SUSPENDED'])

const noServer: Answer = {
  code: 'NO_SERVER',
  message: 'No server runs on this project, so nothing moves it',
  next: 'Start one: `npx sluice server start`, or everything: `npx sluice dev`.',
}

/** The same answers where no server runs: that comes first, and nothing is promised that a server would do. */
export function withoutServer(why: WhyJson): WhyJson {
  const { answers } = why
  if (!answers.some(({ code }) => servers.has(code))) return why
  return {
    ...why,
    answers: [noServer, ...answers.map(unpromised)],
  }
}

function unpromised(answer: Answer): Answer {
  return promises.has(answer.code) ? { ...answer, next: '' } : answer
}
