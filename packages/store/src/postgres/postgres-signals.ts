import { Client, type ClientConfig, type Pool } from 'pg'
import type { Signals } from '../event-store.ts'
import type { Platform } from '../platform.ts'
import { coalesced } from '../signals/coalesced.ts'
import { signalsOf } from '../signals/local-signals.ts'
import { rowsFrom } from './postgres-session.ts'

const channel = 'sluice'
/** At most so often does a process notify. */
const pauseMs = 50
/** PostgreSQL takes fewer than 8 000 bytes; the rest is the sender and quotes. */
const longestTopics = 7_900
const firstRetryMs = 100
const longestRetryMs = 5_000

/** What stands for "anything": for what did not fit, and for what may have been missed. */
const anything = ['*']

export interface PostgresSignals extends Signals {
  /** Sends what still waits and stops listening. */
  close(): Promise<void>
}

/**
 * Signals over NOTIFY. A connection that does nothing else listens, from the first subscriber on; when it breaks it is made anew,
 * and then whatever was missed meanwhile is told as `*`. A process hears its own topics at once and not again from the database.
 */
export function postgresSignals(pool: Pool, config: ClientConfig, platform: Platform): PostgresSignals {
  const local = signalsOf(new Set())
  const sender = platform.newId()
  const outgoing = coalesced(platform, pauseMs, (topics) =>
    rowsFrom(pool, 'notify', 'select pg_notify($1, $2)', [channel, payloadOf(sender, topics)]),
  )
  const hear = (payload: string): void => {
    const heard = topicsOf(payload)
    if (heard.sender !== sender) local.send(heard.topics)
  }
  let listener: Listening | undefined
  return {
    send: (topics) => {
      local.send(topics)
      outgoing.add(topics)
    },
    subscribe: (told) => {
      listener ??= listen(config, platform, hear, () => local.send(anything))
      return local.subscribe(told)
    },
    close: async () => {
      await Promise.all([listener?.stop(), outgoing.flush()])
    },
  }
}

interface Listening {
  stop(): Promise<void>
}

/** Keeps one connection listening. Neither it nor the pause before its next try keeps the process alive. */
function listen(
  config: ClientConfig,
  platform: Platform,
  hear: (payload: string) => void,
  missed: () => void,
): Listening {
  let stopped = false
  let client: Client | undefined
  let retryMs = firstRetryMs
  let broken = false

  const connect = async (): Promise<void> => {
    const next = new Client({ ...config, keepAlive: true })
    client = next
    const lost = Promise.withResolvers<void>()
    next.on('error', () => lost.resolve())
    next.on('end', () => lost.resolve())
    next.on('notification', ({ payload }) => hear(payload ?? ''))
    try {
      await next.connect()
      keepsAlive(next, false)
      await next.query(`listen ${channel}`)
      retryMs = firstRetryMs
      if (broken) missed()
      await lost.promise
    } catch {
      // As if it had broken: the next try comes.
    }
    await next.end().catch(() => undefined)
    again()
  }
  const again = (): void => {
    if (stopped) return
    broken = true
    platform.later(retryMs, () => {
      if (!stopped) void connect()
    })
    retryMs = Math.min(retryMs * 2, longestRetryMs)
  }
  void connect()
  return {
    stop: async () => {
      stopped = true
      if (!client) return
      // Whoever closes waits for it: a process with nothing else to do would end before.
      keepsAlive(client, true)
      await client.end().catch(() => undefined)
    },
  }
}

/** The client's types do not say that it can be told whether to keep the process alive. */
function keepsAlive(client: Client, keep: boolean): void {
  const socket = client as unknown as { ref(): void; unref(): void }
  if (keep) socket.ref()
  else socket.unref()
}

function payloadOf(sender: string, topics: readonly string[]): string {
  const fits = Buffer.byteLength(JSON.stringify(topics)) < longestTopics
  return JSON.stringify([sender, ...(fits ? topics : anything)])
}

/** What another program sends on our channel is a hint too. */
function topicsOf(payload: string): { readonly sender: string | undefined; readonly topics: readonly string[] } {
  try {
    const [sender, ...topics] = JSON.parse(payload) as readonly string[]
    return { sender, topics: topics.every((topic) => typeof topic === 'string') ? topics : anything }
  } catch {
    return { sender: undefined, topics: anything }
  }
}
