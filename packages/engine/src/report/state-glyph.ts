import type { State, StateType } from '@sluice/core'
import type { Style } from './paint.ts'

const glyphs: Readonly<Record<StateType, readonly [glyph: string, style: Style]>> = {
  scheduled: ['◷', 'yellow'],
  pending: ['○', 'dim'],
  running: ['●', 'blue'],
  paused: ['‖', 'yellow'],
  cancelling: ['◌', 'magenta'],
  completed: ['✓', 'green'],
  failed: ['✗', 'red'],
  crashed: ['✗', 'red'],
  cancelled: ['⊘', 'magenta'],
}

/** One column and a colour per state; the glyph alone tells enough where there are no colours. */
export function stateGlyph(state: State): { readonly glyph: string; readonly style: Style } {
  const [glyph, style] = glyphs[state.type]
  if (state.name === 'AwaitingRetry') return { glyph: '↻', style }
  return { glyph, style }
}

/** `Completed` → `completed`, `TimedOut` → `timed out`. */
export function stateWord(state: State): string {
  return state.name.replace(/(?<!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase()
}
