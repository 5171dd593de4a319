import { type ErrorCode, SluiceError } from '@sluice/core'
import { sibling } from '@sluice/engine'
import { Worker } from 'node:worker_threads'
import type { HeartbeatNews, HeldRun } from '../heartbeats.ts'
import type { Pulse, StartPulse } from '../pulse.ts'
import type { WorkerLog } from '../worker-log.ts'
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts'

/** A thread that still thinks a run is held does no harm for this long: only time limits look at it, with a second's grace. */
const lessenedAfterMs = 100

export interface ThreadPulseOptions {
  readonly url: string
  readonly token: string
  readonly strict: boolean
  readonly log: WorkerLog
}

/** Heartbeats from a thread of their own: the code of flows may block this one and still keep its lease. */
export function threadPulse({ url, token, strict, log }: ThreadPulseOptions): StartPulse {
  return (options) => {
    const { worker, leaseMs, heartbeatMs } = options
    const start: ThreadStart = { url, token, worker, leaseMs, heartbeatMs, strict }
    const { file, nodeArgs } = sibling('heartbeat-thread', import.meta.url)
    const thread = new Worker(file, { workerData: start, execArgv: [...nodeArgs] })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    const send = (message: ToThread): void => thread.postMessage(message)
    let cancelTimer: (() => void) | undefined
    const changed = (): void => {
      cancelTimer?.()
      cancelTimer = undefined
      send({ kind: 'held', runs: options.held().map(plain), draining: options.draining() })
    }
    thread.on('message', (message: FromThread) => {
      if (message.kind === 'ping') send({ kind: 'alive' })
      else options.on(newsOf(message))
    })
    thread.on('error', (error: Error) => {
      log('error', `the thread that renews the lease has failed: ${error.message}`)
      options.on({ kind: 'refused', error })
    })
    changed()
    return {
      changed,
      lessened: () => void (cancelTimer ??= options.platform.after(lessenedAfterMs, changed, true)),
      beatSoon: () => {
        changed()
        send({ kind: 'beat' })
      },
      stop() {
        cancelTimer?.()
        void thread.terminate()
      },
    } satisfies Pulse
  }
}

/** Only what can go to another thread. */
function plain({ id, epoch, flow, timeUpAt }: HeldRun): HeldRun {
  return { id, epoch, flow, timeUpAt }
}

function newsOf(message: Exclude<FromThread, { readonly kind: 'ping' }>): HeartbeatNews {
  if (message.kind === 'news') return message.news
  return { kind: message.of, error: new SluiceError(message.code as ErrorCode, message.details) }
}
