import type { WhyJson } from '@sluice/api'
import { iso, stateJson } from '@sluice/store'
import type { Why } from '../../services.ts'

/** Why a run is not running, as the API tells it. */
export function runWhyJson({ state, answers }: Why): WhyJson {
  return {
    state: stateJson(state),
    answers: answers.map(({ code, message, next, waitingFor }) => ({
      code,
      message,
      next,
      ...(waitingFor === undefined ? {} : { waitingFor: waitingJson(waitingFor) }),
    })),
  }
}

function waitingJson(
  waitingFor: NonNullable<Why['answers'][number]['waitingFor']>,
): WhyJson['answers'][number]['waitingFor'] {
  return waitingFor.kind === 'time' ? { kind: 'time', until: iso(waitingFor.until) } : waitingFor
}
