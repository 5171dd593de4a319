import { isSluiceError } from '@sluice/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Clock } from '../platform.ts'
import { answerHeaders } from './answer-headers.ts'

interface Sent {
  readonly id: string
  readonly event: string
  readonly data: unknown
}

export interface SendOptions {
  readonly clock: Clock
  /** Rejects when whoever listens may do so no longer: a token that is revoked ends what it opened. */
  readonly admit: () => Promise<unknown>
}

/** A proxy gives a silent connection up after a minute or less. */
const keepAliveMs = 15_000
/** A stream that is refused says so at once: so long its head waits for it. */
const headDelayMs = 200

/**
 * Sends server-sent events until there are no more, or nobody listens. What is thrown before anything was sent becomes a problem
 * document like any other error; afterwards the connection ends, and the client comes again with its cursor.
 */
export async function sendEvents(
  events: AsyncIterable<Sent>,
  request: FastifyRequest,
  reply: FastifyReply,
  { clock, admit }: SendOptions,
): Promise<void> {
  const iterator = events[Symbol.asyncIterator]()
  const first = iterator.next()
  await headDelay(first, clock)
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...answerHeaders,
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
  })
  raw.write(': welcome\n\n')
  const stop = keepAlive(raw, clock, admit)
  try {
    for (let step = await first; step.done !== true && !raw.destroyed; step = await iterator.next())
      await write(raw, step.value)
  } catch (error) {
    request.log.debug(error)
  } finally {
    stop()
    raw.end()
    await iterator.return?.()
  }
}

/** Resolves when there is something to send, or after a while; rejects when the stream is refused before. */
async function headDelay(first: Promise<unknown>, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(headDelayMs, resolve)
  // Not lost: whoever awaits `first` later sees its rejection.
  first.catch(() => undefined)
  try {
    await Promise.race([first, promise])
  } finally {
    cancel()
  }
}

/** A slow reader is waited for: what it has not read is not read from the store either. */
async function write(raw: ServerResponse, { id, event, data }: Sent): Promise<void> {
  if (raw.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`) || raw.destroyed) return
  await Promise.race([once(raw, 'drain'), once(raw, 'close')])
}

function keepAlive(raw: ServerResponse, clock: Clock, admit: () => Promise<unknown>): () => void {
  let cancel = (): void => undefined
  const beat = (): void => {
    cancel = clock.after(keepAliveMs, () => {
      raw.write(': here\n\n')
      beat()
      // A store that is away says nothing about the token.
      admit().catch((error: unknown) => isSluiceError(error, 'UNAUTHENTICATED') && raw.destroy())
    })
  }
  beat()
  return () => cancel()
}
