// The thread of an inline worker that the code of flows cannot block: it renews the lease and watches the other thread.
import { isSluiceError } from '@sluice/core'
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { Heartbeats, type HeldRun } from '../heartbeats.ts'
import { httpLink } from '../http-link.ts'
import { systemPlatform } from '../platform.ts'
import { untilAnswered } from '../until-answered.ts'
import { LoopWatch } from './loop-watch.ts'
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts'

const start = workerData as ThreadStart
const link = httpLink(start.url, start.token)
const port = parentPort
let held: readonly HeldRun[] = []
let draining = false

const watch = new LoopWatch({
  platform: systemPlatform,
  strict: start.strict,
  held: () => held,
  ping: () => tell({ kind: 'ping' }),
  // The other thread may be the one that is blocked, and output usually goes through it.
  warn: (message) => void writeSync(2, `warning: ${message}\n`),
  timedOut: ({ id, epoch }) =>
    untilAnswered(
      () =>
        link.reportExit(start.worker, {
          run: id,
          epoch,
          reason: 'timedOut',
          message: 'It took longer than its time limit.',
          lastLines: [],
        }),
      { platform: systemPlatform },
    ),
  end: () => process.kill(process.pid, 'SIGKILL'),
})

const beats = new Heartbeats({
  ...start,
  link,
  platform: systemPlatform,
  held: () => held,
  draining: () => draining,
  on(news) {
    if (news.kind === 'renewed' || news.kind === 'forgotten') return tell({ kind: 'news', news })
    const { error } = news
    const told = isSluiceError(error) ? { code: error.code, details: error.details } : { code: 'INTERNAL', details: {} }
    tell({ kind: 'error', of: news.kind, ...told, message: String(error) })
  },
})

port?.on('message', (message: ToThread) => {
  if (message.kind === 'alive') watch.alive()
  else if (message.kind === 'beat') beats.beatSoon()
  else {
    held = message.runs
    draining = message.draining
  }
})

function tell(message: FromThread): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  port?.postMessage(message)
}
