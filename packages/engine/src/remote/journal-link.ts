import type { JournalVerdict } from '@sluice/api'
import { fromProblem, journalLinkPath, protocol, protocolHeader } from '@sluice/api/client'
import { SluiceError } from '@sluice/core'
import type { WebSocket } from 'ws'
import { type Platform, systemPlatform } from '../platform.ts'
import type { EngineClient } from './engine-client.ts'

/** Batches of some runs, each with the token of its own. */
type SentBatches = Parameters<EngineClient['appendJournals']>[0]['body']['batches']

/** A connection to a server that stays open, and carries what would else be requests for many journals. */
export interface JournalLink extends Disposable {
  /** False once it is lost: what is sent then is refused as to a server that is away. */
  readonly isOpen: boolean
  /** Rejects as the request does. When its answer does not come in time the connection is given up. */
  send(batches: SentBatches, timeoutMs: number): Promise<{ readonly verdicts: readonly JournalVerdict[] }>
}

interface Asked {
  readonly resolve: (answer: { readonly verdicts: readonly JournalVerdict[] }) => void
  readonly reject: (error: unknown) => void
  readonly cancelTimer: () => void
}

/** Opens one with the token of any run. Rejects with `SERVER_UNREACHABLE` when this server, or what stands before it, has none. */
export async function openJournalLink(
  url: string,
  token: string,
  platform: Pick<Platform, 'after'> = systemPlatform,
): Promise<JournalLink> {
  const { WebSocket: Socket } = await import('ws')
  const headers = { authorization: `Bearer ${token}`, [protocolHeader]: String(protocol) }
  const socket = new Socket(new URL(journalLinkPath, url), {
    headers,
    perMessageDeflate: false,
    handshakeTimeout: 5_000,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', (cause) => reject(lost(url, cause.message, cause)))
  })
  return new OpenLink(url, socket, platform)
}

class OpenLink implements JournalLink {
  readonly #url: string
  readonly #socket: WebSocket
  readonly #platform: Pick<Platform, 'after'>
  readonly #asked = new Map<number, Asked>()
  #lastId = 0

  constructor(url: string, socket: WebSocket, platform: Pick<Platform, 'after'>) {
    this.#url = url
    this.#socket = socket
    this.#platform = platform
    socket.on('message', (data: Buffer) => this.#hear(data.toString()))
    // `close` follows, and says it to everybody.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#fail(lost(url, 'the connection was lost')))
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  send(batches: SentBatches, timeoutMs: number): Promise<{ readonly verdicts: readonly JournalVerdict[] }> {
    if (!this.isOpen) return Promise.reject(lost(this.#url, 'the connection was lost'))
    const { promise, resolve, reject } = Promise.withResolvers<{ readonly verdicts: readonly JournalVerdict[] }>()
    const id = ++this.#lastId
    const cancelTimer = this.#platform.after(timeoutMs, () => this.#giveUp(timeoutMs))
    this.#asked.set(id, { resolve, reject, cancelTimer })
    this.#socket.send(JSON.stringify({ id, batches }))
    return promise
  }

  [Symbol.dispose](): void {
    this.#fail(lost(this.#url, 'the connection was closed'))
    this.#socket.terminate()
  }

  #hear(text: string): void {
    const answer = answerIn(text)
    const asked = answer && this.#asked.get(answer.id)
    // One that nobody waits for was sent twice by what stands between.
    if (answer !== undefined && asked === undefined) return
    if (answer === undefined || asked === undefined) return this.#breakOff('its answer is no JSON')
    this.#asked.delete(answer.id)
    asked.cancelTimer()
    if (answer.verdicts !== undefined) asked.resolve({ verdicts: answer.verdicts })
    else asked.reject(fromProblem(answer.problem) ?? invalid(this.#url, 'it has no verdicts'))
  }

  #giveUp(ms: number): void {
    this.#fail(new SluiceError('SERVER_TIMEOUT', { url: this.#url, ms }))
    this.#socket.terminate()
  }

  #breakOff(problem: string): void {
    this.#fail(invalid(this.#url, problem))
    this.#socket.terminate()
  }

  #fail(error: SluiceError): void {
    for (const { reject, cancelTimer } of this.#asked.values()) {
      cancelTimer()
      reject(error)
    }
    this.#asked.clear()
  }
}

interface Answer {
  readonly id: number
  readonly verdicts?: readonly JournalVerdict[]
  readonly problem?: unknown
}

function answerIn(text: string): Answer | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null && 'id' in answer ? (answer as Answer) : undefined
  } catch {
    return undefined
  }
}

function lost(url: string, reason: string, cause?: unknown): SluiceError {
  return new SluiceError('SERVER_UNREACHABLE', { url, reason }, { cause })
}

const invalid = (url: string, problem: string): SluiceError =>
  new SluiceError('SERVER_ANSWER_INVALID', { url, problem })
