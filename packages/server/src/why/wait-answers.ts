import { formatDuration, type Micros, shellWord } from '@sluice/core'
import type { RunExplanation } from '@sluice/store'
import type { WhyAnswer } from '../services.ts'

type OpenWait = RunExplanation['waits'][number]

/** What the code of a run waits for, and what ends each wait. */
export function waitAnswers({ run, waits }: RunExplanation, now: Micros): readonly WhyAnswer[] {
  return waits.map((wait) => answerOf(run.id, wait, now))
}

function answerOf(runId: string, wait: OpenWait, now: Micros): WhyAnswer {
  const until = wait.deadline === null ? '' : `, ${timeText(wait.deadline, now)}`
  const name = wait.name ?? wait.id
  if (wait.kind === 'sleep') {
    const message = `It sleeps${until}`
    const next = 'It goes on by itself.'
    return {
      code: 'WAITS_TIME',
      message,
      next,
      ...(wait.deadline !== null && { waitingFor: { kind: 'time', until: wait.deadline } }),
    }
  }
  if (wait.kind === 'input') {
    const next = `Answer with \`npx sluice runs answer ${runId} ${shellWord(name)}\`.`
    return {
      code: 'WAITS_INPUT',
      message: `It waits for input '${name}'${until}`,
      next,
      waitingFor: { kind: 'input', key: name },
    }
  }
  if (wait.kind === 'event') {
    const [withKey, key] =
      wait.eventKey === null ? ['', ''] : [` with key '${wait.eventKey}'`, ` --key ${shellWord(wait.eventKey)}`]
    const next = `It goes on when the event comes: \`npx sluice events emit ${shellWord(name)}${key}\`.`
    return {
      code: 'WAITS_EVENT',
      message: `It waits for event '${name}'${withKey}${until}`,
      next,
      waitingFor: { kind: 'event', event: name },
    }
  }
  const next = `Ask why that one is not done: \`npx sluice runs why ${name}\`.`
  return {
    code: 'WAITS_RUN',
    message: `It waits for run ${name}${until}`,
    next,
    waitingFor: { kind: 'run', runId: name },
  }
}

function timeText(until: Micros, now: Micros): string {
  const at = new Date(until / 1_000).toISOString()
  return until > now ? `until ${at} (in ${formatDuration((until - now) / 1_000)})` : `was due at ${at}`
}
