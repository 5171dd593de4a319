import { contract, journalLinkPath, linkedBatches, type Operation, type Problem, problemType } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import type { FastifyInstance } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../platform.ts'
import type { AppOptions } from './app-options.ts'
import { checkHost } from './auth/host-check.ts'
import { parseJson } from './body-parsers.ts'
import type { AnyHandler } from './endpoint-handler.ts'
import { admission } from './operation-route.ts'
import { problemOf } from './problems.ts'

const operation: Operation = contract.appendJournals
const where = { method: 'LINK', path: journalLinkPath }
/** Messages of one connection that are worked on at once: what comes meanwhile waits in the sender. */
const mostAtOnce = 8
/** Tells a peer that is gone from one that is silent. */
const keepAliveMs = 30_000

/**
 * Journals over connections that stay open: for a process that appends one batch after the other, HTTP would cost twice as much as what it
 * carries. Each message is a request of `appendJournals` and has the same answer; who opens the connection is admitted as for that.
 */
export function addJournalLink(app: FastifyInstance, options: AppOptions, append: AnyHandler): void {
  const links = new JournalLinks(options, append)
  app.server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    if ('setKeepAlive' in socket && typeof socket.setKeepAlive === 'function') socket.setKeepAlive(true, keepAliveMs)
    void links.open(request, socket, head)
  })
  app.addHook('preClose', () => links.stop())
}

class JournalLinks {
  readonly #options: AppOptions
  readonly #append: AnyHandler
  readonly #admit: ReturnType<typeof admission>
  readonly #links = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    ...(operation.bodyLimit !== undefined && { maxPayload: operation.bodyLimit }),
  })
  readonly #underWay = new Set<Promise<void>>()
  #stopping = false

  constructor(options: AppOptions, append: AnyHandler) {
    this.#options = options
    this.#append = append
    this.#admit = admission(operation, options)
  }

  async open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      if (this.#stopping) throw new SluiceError('SERVER_STOPPING')
      const { host, origin } = request.headers
      checkHost({ host, origin }, this.#options.hosts)
      const path = request.url ?? ''
      if (path !== journalLinkPath) throw new SluiceError('ROUTE_NOT_FOUND', { path: path.slice(0, 200) })
      await this.#admit({ headers: request.headers, params: {} })
    } catch (error) {
      return refuse(socket, problemOf(this.#options.log, where, error))
    }
    this.#links.handleUpgrade(request, socket, head, (link) => this.#listen(link))
  }

  /** Answers what was taken, and takes no more. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#underWay)
    await Promise.all([...this.#links.clients].map((link) => closed(link, this.#options.clock)))
    this.#links.close()
  }

  #listen(link: WebSocket): void {
    let atOnce = 0
    // Of a message that is too large, or no text: the connection is closed with what it was.
    link.on('error', () => link.terminate())
    link.on('message', (data: Buffer) => {
      // Not answered: its sender learns that the server is going away, and asks another one.
      if (this.#stopping) return
      if (++atOnce >= mostAtOnce) link.pause()
      const answering = this.#answer(data).then((text) => {
        if (--atOnce < mostAtOnce && link.isPaused) link.resume()
        this.#underWay.delete(answering)
        if (link.readyState === link.OPEN) link.send(text)
      })
      this.#underWay.add(answering)
    })
  }

  async #answer(data: Buffer): Promise<string> {
    let id = -1
    try {
      const message = linkedBatches.safeParse(parseJson(data))
      if (!message.success) throw invalid(message.error.issues[0])
      id = message.data.id
      const told = await this.#append({ ...nobody, body: { batches: message.data.batches } })
      return JSON.stringify({ id, ...('body' in told ? (told.body as object) : {}) })
    } catch (error) {
      return JSON.stringify({ id, problem: problemOf(this.#options.log, where, error) })
    }
  }
}

/** RFC 6455, §7.4.1. */
const goingAway = 1001
/** So long a peer may take to say goodbye. */
const goodbyeMs = 1_000

function closed(link: WebSocket, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cut = clock.after(goodbyeMs, () => link.terminate())
    link.once('close', () => {
      cut()
      resolve()
    })
    if (link.isPaused) link.resume()
    link.close(goingAway)
  })
}

/** Each batch says for itself whose it is. */
const nobody = {
  params: undefined,
  query: undefined,
  headers: undefined,
  caller: { kind: 'anonymous' },
  by: 'anonymous',
  signal: new AbortController().signal,
} as const

function invalid(issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined): SluiceError {
  return new SluiceError('REQUEST_INVALID', {
    issues: [{ path: issue?.path ?? [], message: issue?.message.slice(0, 300) }],
  })
}

/** The connection is no WebSocket yet: it is told in HTTP. */
function refuse(socket: Duplex, problem: Problem): void {
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
