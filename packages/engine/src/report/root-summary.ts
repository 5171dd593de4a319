import { formatDuration, type Micros } from '@sluice/core'
import type { RunNode } from '../types.ts'
import { cancelCause, errorLines } from './error-text.ts'
import { span, type Line } from './line.ts'
import { countText } from './progress-bar.ts'
import type { RunTally } from './run-tally.ts'
import { shortId } from './short-id.ts'
import { stateGlyph, stateWord } from './state-glyph.ts'

/** What is told at the end of a root run: one line of counts since this process began with it; after a failure also the error and the way on. */
export function rootSummary(run: RunNode, tally: RunTally, beganAt: Micros): Line[] {
  const { glyph, style } = stateGlyph(run.state)
  const took =
    run.endedAt === null
      ? ''
      : ` in ${formatDuration(Math.max(0, run.endedAt - Math.max(run.startedAt, beganAt)) / 1000)}`
  const head: Line = [
    span(`${glyph} ${run.flow} ${stateWord(run.state)}`, style),
    span(`${took} · ${tallyText(tally)}`),
    span(` · ${shortId(run.id)}`, 'dim'),
  ]
  if (run.state.type === 'completed') return [head]
  if (run.state.type === 'cancelled') return [[...head, ...cancelReason(run)], ...continueIt(run)]
  return [head, ...reasonLines(run), ...wayOn(run)]
}

/** `37 tasks, 2 failed, 3 retries, 5 cached, 12 replayed`. */
export function tallyText(tally: RunTally): string {
  const parts = [`${countText(tally.tasks)} ${tally.tasks === 1 ? 'task' : 'tasks'}`]
  if (tally.failed > 0) parts.push(`${countText(tally.failed)} failed`)
  if (tally.cancelled > 0) parts.push(`${countText(tally.cancelled)} cancelled`)
  if (tally.retries > 0) parts.push(`${countText(tally.retries)} ${tally.retries === 1 ? 'retry' : 'retries'}`)
  if (tally.cached > 0) parts.push(`${countText(tally.cached)} cached`)
  if (tally.replayed > 0) parts.push(`${countText(tally.replayed)} replayed`)
  return parts.join(', ')
}

function reasonLines(run: RunNode): Line[] {
  if (run.error === undefined) return run.state.message === undefined ? [] : [[span(`  ${run.state.message}`)]]
  return errorLines(run.error).map((text, i) => [span(`  ${i === 0 ? '' : '  '}${text}`, i === 0 ? 'red' : 'dim')])
}

/** That it was cancelled is said already, and its error would only repeat it: on the same line who asked for it. */
function cancelReason(run: RunNode): Line {
  const cause = cancelCause(run.error, run.state.message)
  return cause === undefined ? [] : [span(` · ${cause}`)]
}

function wayOn(run: RunNode): Line[] {
  return [...continueIt(run), [span(`  Look closer: npx sluice runs show ${shortId(run.id)}`, 'dim')]]
}

function continueIt(run: RunNode): Line[] {
  return run.retryable ? [[span(`  Continue it: npx sluice runs retry ${shortId(run.id)}`, 'bold')]] : []
}
