import type { StoredValue } from '@sluice/store'
import type { Values } from '../home/values.ts'

/** How a wait ended, as its caller sees it. */
export type Settled =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false
      readonly error: unknown
      /** What was to be waited for never began: a failure of the call, which somebody must look at. */
      readonly refused?: true
    }

/** Both, because an answer that cannot be stored is a failure of its wait. */
export interface StoredOutcome {
  readonly settled: Settled
  readonly stored: StoredValue | null
}

/** What begins the text of a failure, as the values codec writes it: `ok` and `error` stand first, in this order. */
const failureStart = /^\[\{"ok":1,"error":2[^}]*\},false/

/** The outcome for the journal. Nothing at all (a sleep) is stored as nothing. */
export async function storeOutcome(values: Values, settled: Settled, what: string): Promise<StoredOutcome> {
  if (settled.ok && settled.value === undefined) return { settled, stored: null }
  try {
    return { settled, stored: await values.encode(plain(settled), what) }
  } catch (error) {
    const failed: Settled = { ok: false, error }
    return { settled: failed, stored: await values.encode(plain(failed), what) }
  }
}

function plain(settled: Settled): object {
  if (settled.ok) return { ok: true, value: settled.value }
  return { ok: false, error: settled.error, ...(settled.refused && { refused: true }) }
}

/** What {@link storeOutcome} stored, decoded. */
export function readOutcome(decoded: unknown): Settled {
  return decoded === undefined ? { ok: true, value: undefined } : (decoded as Settled)
}

/** Whether this is a failure, without decoding it: on a resume nobody may ask for it. */
export function isFailedOutcome(outcome: StoredValue | null): boolean {
  return outcome !== null && 'text' in outcome && failureStart.test(outcome.text)
}
