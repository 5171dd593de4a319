import type { RunRecord } from '@sluice/store'
import type { WhyAnswer } from '../services.ts'

/** Why a run has ended as it did. */
export function endAnswer({ id, state, error, crashCount }: RunRecord): WhyAnswer {
  // An error's own words may be empty, and end like sentences.
  const told = (state.message ?? error?.message ?? '').replace(/[.\s]+$/, '')
  const because = told === '' ? '' : `: ${told}`
  const retry = `Look at it with \`npx sluice runs show ${id}\`, go on from its checkpoints with \`npx sluice runs retry ${id}\`.`
  if (state.type === 'completed')
    return { code: 'COMPLETED', message: `It has done its work${because}`, next: 'There is nothing to do.' }
  if (state.type === 'cancelled') return { code: 'CANCELLED', message: `It was cancelled${because}`, next: retry }
  if (state.type === 'crashed')
    return { code: 'CRASHED', message: `Its process ended before it did${because}`, next: retry }
  if (error?.code === 'LAUNCH_FAILED') {
    const next = `Correct that, then \`npx sluice runs retry ${id}\` (with \`--version latest\` after another deploy).`
    return { code: 'LAUNCH_FAILED', message: sentence(told), next }
  }
  const crashes = crashCount > 0 ? ` after ${crashCount} crashes without progress` : ''
  return { code: 'FAILED', message: `It failed${crashes}${because}`, next: retry }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
