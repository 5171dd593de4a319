import { formatDuration } from '@sluice/core'
import type { RunExplanation } from '@sluice/store'
import type { WhyAnswer } from '../services.ts'

type Place = NonNullable<RunExplanation['queued']>

/** Why a run is still in its queue. Never empty. */
export function dispatchAnswers(explanation: RunExplanation, place: Place): readonly WhyAnswer[] {
  const { run } = explanation
  if (place.dueInMicros === null || place.dueInMicros > 0) return [notDue(explanation, place.dueInMicros)]
  const { pool, queue } = place
  const waitingFor = { kind: 'worker', pool } as const
  const reasons: WhyAnswer[] = []
  if (explanation.poolPaused)
    reasons.push({
      code: 'POOL_PAUSED',
      message: `Pool '${pool}' is paused`,
      next: `Resume it with \`npx sluice pools resume ${pool}\`.`,
      waitingFor,
    })
  if (explanation.queuePaused)
    reasons.push({
      code: 'QUEUE_PAUSED',
      message: `Queue '${queue}' of pool '${pool}' is paused`,
      next: `Resume it with \`npx sluice queues resume ${pool} ${queue}\`.`,
      waitingFor,
    })
  if (explanation.workersOnline === 0)
    reasons.push({
      code: 'NO_WORKER',
      message: `No worker of pool '${pool}' that takes queue '${queue}' is online`,
      next: `Start one: \`npx sluice worker start --pool ${pool}\`.`,
      waitingFor,
    })
  // A full limit is told already.
  if (reasons.length > 0 || explanation.limits.length > 0) return reasons
  if (place.ahead > 0)
    return [
      {
        code: 'IN_LINE',
        message: `It waits for a worker of pool '${pool}': ${place.ahead >= 1_000 ? '1 000 or more runs' : runsText(place.ahead)} of the pool come before it`,
        next: 'Start more workers, or let them take more at once (`--limit`).',
        waitingFor,
      },
    ]
  return [
    {
      code: 'NEXT_IN_LINE',
      message: `It is the next of pool '${pool}': due for ${formatDuration(-place.dueInMicros / 1_000)}, ${explanation.workersOnline} online`,
      next: `A worker that has room takes it. When all are busy, start another. \`npx sluice runs why ${run.id}\` tells more later.`,
      waitingFor,
    },
  ]
}

function notDue({ run, waits }: RunExplanation, dueInMicros: number | null): WhyAnswer {
  const inText = dueInMicros === null ? undefined : formatDuration(dueInMicros / 1_000)
  const { name, message } = run.state
  const told = message ? ` (${message})` : ''
  if (name === 'Suspended' || waits.length > 0)
    return {
      code: 'SUSPENDED',
      message: `It gave up its process while it waits${inText === undefined ? '' : `, for ${inText} at most`}`,
      next: 'It goes on by itself when what it waits for comes.',
    }
  const resume = `To run it now: \`npx sluice runs resume ${run.id}\`.`
  const code = name === 'AwaitingRetry' || name === 'Resuming' ? 'RETRY_LATER' : 'DUE_LATER'
  return {
    code,
    message: `It is ${name}${told}: due ${inText === undefined ? 'when somebody says so' : `in ${inText}`}`,
    next: resume,
  }
}

function runsText(count: number): string {
  return count === 1 ? '1 run' : `${count} runs`
}
