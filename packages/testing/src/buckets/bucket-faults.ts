import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerResponse } from 'node:http'

/** What is asked of a bucket. `part` and `complete` belong to uploads in parts. */
export type BucketRequest = 'put' | 'get' | 'head' | 'list' | 'delete' | 'begin' | 'part' | 'complete'

/**
 * What goes wrong. `busy`: 503, nothing is done. `throttled`: 429. `conflict`: 409. `denied`: 403. `lost`: it is done, and the
 * connection breaks before the answer. `cut`: the body ends in its middle. `slow`: no answer comes for a long time.
 * `garbled`: of a body one byte is another one. `unconditional`: the condition of a write is ignored, as stores do that do not know it.
 */
export type BucketFault =
  | 'busy'
  | 'throttled'
  | 'conflict'
  | 'denied'
  | 'lost'
  | 'cut'
  | 'slow'
  | 'unconditional'
  | 'garbled'

export interface PlannedFault {
  readonly fault: BucketFault
  readonly on: BucketRequest
  /** Of keys that hold this. Default: all. */
  readonly key?: string
  /** Default: once. */
  readonly times?: number
}

/** What is to go wrong next, and what was asked. */
export class BucketFaults {
  readonly asked: { readonly on: BucketRequest; readonly key: string }[] = []
  #planned: { readonly plan: PlannedFault; left: number }[] = []

  plan(plan: PlannedFault): void {
    this.#planned.push({ plan, left: plan.times ?? 1 })
  }

  /** Forgets what was planned and has not happened. */
  clear(): void {
    this.#planned = []
  }

  /** What goes wrong with this request. */
  next(on: BucketRequest, key: string): BucketFault | undefined {
    this.asked.push({ on, key })
    const found = this.#planned.find(({ plan, left }) => left > 0 && plan.on === on && key.includes(plan.key ?? ''))
    if (found === undefined) return undefined
    found.left -= 1
    return found.plan.fault
  }
}

/** So long a slow answer takes: whoever asks has given up before. */
const slowMs = 60_000

/** Lets the connection break: at once, after half of the body, or after a long time. */
export async function breakOff(
  response: ServerResponse,
  fault: BucketFault,
  body: Uint8Array,
  head: number,
): Promise<void> {
  if (fault === 'slow') {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    await sleep(slowMs, undefined, { signal: gone.signal, ref: false }).catch(() => undefined)
  }
  if (fault === 'cut') {
    response.writeHead(head, { 'content-length': body.length })
    response.write(body.subarray(0, Math.floor(body.length / 2)))
    await new Promise((resolve) => setImmediate(resolve))
  }
  response.destroy()
}
