import { formatDuration, isTerminal, type Micros } from '@sluice/core'
import type { RunExplanation } from '@sluice/store'
import type { Why, WhyAnswer } from '../services.ts'
import { dispatchAnswers } from './dispatch-answers.ts'
import { endAnswer } from './end-answer.ts'
import { waitAnswers } from './wait-answers.ts'

/** Why a run is where it is, most important first: what everybody asks who looks at a run that does not move. */
export function explain(explanation: RunExplanation, now: Micros): Why {
  const { run } = explanation
  return { state: run.state, answers: answersOf(explanation, now) }
}

function answersOf(explanation: RunExplanation, now: Micros): readonly WhyAnswer[] {
  const { run, queued } = explanation
  const { state } = run
  if (isTerminal(state.type)) return [endAnswer(run)]
  const held = queued === null ? ownerAnswers(explanation, now) : dispatchAnswers(explanation, queued)
  return [...waitAnswers(explanation, now), ...limitAnswers(explanation), ...held]
}

/** Of a run that is out of the queue: a worker or a script has it. */
function ownerAnswers({ run, worker }: RunExplanation, now: Micros): readonly WhyAnswer[] {
  if (worker && worker.leaseInMicros <= 0) return [silentWorker(worker)]
  const who = worker ? `worker '${worker.name}' on ${worker.host}` : ownerText(run.owner)
  if (run.state.type === 'cancelling') {
    const message = `It was asked to stop, and ${who} has not told yet that it has`
    return [
      { code: 'CANCELLING', message, next: 'Wait: a worker ends the process of a run that does not stop by itself.' },
    ]
  }
  if (run.state.type === 'running')
    return [{ code: 'RUNNING', message: `It is running: ${who} has it`, next: followIt(run.id) }]
  if (run.state.type === 'pending') {
    const since = formatDuration(Math.max(0, now - run.state.at) / 1_000)
    const message = `It was taken by ${who} ${since} ago and has not started yet`
    return [
      {
        code: 'CLAIMED',
        message,
        next: 'Wait: its process is starting. A worker that lost it gives it back by itself.',
      },
    ]
  }
  if (run.state.type === 'paused')
    return [{ code: 'PAUSED', message: `It pauses in its process: ${who} has it`, next: followIt(run.id) }]
  const message = `It is ${run.state.name}${run.state.message ? ` (${run.state.message})` : ''}: ${who} has it`
  return [{ code: 'HELD', message, next: followIt(run.id) }]
}

function silentWorker(worker: NonNullable<RunExplanation['worker']>): WhyAnswer {
  const silent = formatDuration(-worker.leaseInMicros / 1_000)
  return {
    code: 'LEASE_PASSED',
    message: `Its worker '${worker.name}' on ${worker.host} is silent: its lease passed ${silent} ago`,
    next: 'Wait: within a few seconds another worker goes on from its checkpoints. See that one is running.',
  }
}

function limitAnswers({ limits }: RunExplanation): readonly WhyAnswer[] {
  return limits.map(({ name, slots, held, holders }) => ({
    code: 'LIMIT_FULL',
    message: `Limit '${name}' is full: ${held} of ${slots} slots are held${holdersText(holders)}`,
    next: `Wait for one of them to end, or raise it with \`npx sluice limits set ${name} <slots>\`.`,
    waitingFor: { kind: 'limit', limit: name },
  }))
}

const shownHolders = 3

function holdersText(holders: readonly string[]): string {
  if (holders.length === 0) return ''
  const more = holders.length > shownHolders ? ` and ${holders.length - shownHolders} more` : ''
  return ` by run ${holders.slice(0, shownHolders).join(', ')}${more}`
}

function ownerText(owner: RunExplanation['run']['owner']): string {
  return owner === null ? 'its process' : `process ${owner.pid} on ${owner.host}`
}

function followIt(id: string): string {
  return `Follow it with \`npx sluice runs logs -f ${id}\`.`
}
