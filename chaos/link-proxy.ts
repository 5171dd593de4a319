import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket, WebSocketServer } from 'ws'
import type { Fault } from './plan/faults.ts'
import { type ProxyLog, seen, type SeenBatch, type SentBatch } from './proxy.ts'

export interface LinkFaults {
  /** What happens to the next message. */
  readonly draw: () => Fault
  readonly log: ProxyLog
}

/** Connections that stay open pass too, and what can happen to a request can happen to each of their messages. */
export function passLinks(server: Server, target: number, faults: LinkFaults): { readonly close: () => void } {
  const links = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const { authorization = '', 'sluice-protocol': protocol = '' } = request.headers
    const headers = { authorization, 'sluice-protocol': String(protocol) }
    const upstream = new WebSocket(`ws://127.0.0.1:${target}${request.url}`, { headers, perMessageDeflate: false })
    upstream.on('error', () => socket.destroy())
    upstream.once('open', () => links.handleUpgrade(request, socket, head, (link) => pass(link, upstream, faults)))
  })
  return {
    close() {
      for (const link of links.clients) link.terminate()
      links.close()
    },
  }
}

interface Message {
  readonly id: number
  readonly batches: readonly { readonly token: string; readonly batch: SentBatch }[]
}

interface Answer {
  readonly id: number
  readonly verdicts?: readonly { readonly problem?: { readonly status: number } }[]
  readonly problem?: { readonly status: number }
}

interface Asked {
  readonly batches: readonly SeenBatch[]
  readonly fault: Fault
}

function pass(link: WebSocket, upstream: WebSocket, { draw, log }: LinkFaults): void {
  const asked = new Map<number, Asked>()
  const end = (): void => {
    link.terminate()
    upstream.terminate()
  }
  const forward = (data: Buffer): void => {
    if (upstream.readyState === upstream.OPEN) upstream.send(data.toString())
  }
  const send = async (data: Buffer): Promise<void> => {
    log.linked++
    const fault = draw()
    if (fault.kind === 'silence') return
    if (fault.kind === 'drop-request') return end()
    const { id, batches } = JSON.parse(data.toString()) as Message
    const through = batches.map(({ token, batch }) => seen(token, batch))
    log.batches.push(...through)
    asked.set(id, { batches: through, fault })
    if (fault.kind === 'late') await delay(fault.beforeMs)
    forward(data)
    if (fault.kind !== 'twice') return
    await (fault.gapMs === 0 ? undefined : delay(fault.gapMs))
    forward(data)
  }
  const answer = async (data: Buffer): Promise<void> => {
    const told = JSON.parse(data.toString()) as Answer
    const { batches, fault } = asked.get(told.id) ?? { batches: [], fault: { kind: 'none' } as const }
    for (const [index, batch] of batches.entries())
      batch.status = told.problem?.status ?? told.verdicts?.[index]?.problem?.status ?? 200
    const status = told.problem?.status ?? 200
    if ((status >= 500 && status !== 503) || status === 400) log.broken.push(`LINK ${data.toString().slice(0, 500)}`)
    if (fault.kind === 'drop-answer') return end()
    if (fault.kind === 'late') await delay(fault.afterMs)
    if (link.readyState === link.OPEN) link.send(data.toString())
  }
  link.on('message', (data: Buffer) => void send(data))
  upstream.on('message', (data: Buffer) => void answer(data))
  for (const side of [link, upstream]) side.on('close', end).on('error', end)
}
