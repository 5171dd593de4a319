import { type Duration, SluiceError } from '@sluice/core'
import type { Settled } from '../wait/wait-outcome.ts'

/** How a wait ends that nobody answered: with its default, when it has one. */
export function timeIsUp(wait: string, options: { readonly timeout?: Duration; readonly default?: unknown }): Settled {
  if ('default' in options) return { ok: true, value: options.default }
  return { ok: false, error: new SluiceError('WAIT_TIMEOUT', { wait, after: options.timeout }) }
}
