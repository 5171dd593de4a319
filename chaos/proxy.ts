import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { passLinks } from './link-proxy.ts'
import { type Fault, nextFault } from './plan/faults.ts'
import type { Random } from './random.ts'

/** A journal batch that went through: what a server was asked to store, and what it said. */
export interface SeenBatch {
  readonly root: string
  /** As the run token of its sender says, not as the batch does. */
  readonly epoch: number
  readonly first: number
  readonly last: number
  /** 0: nobody knows what became of it. */
  status: number
}

/** What a proxy has seen and done. */
export interface ProxyLog {
  readonly faults: Record<string, number>
  readonly batches: SeenBatch[]
  /** Answers that no server may ever give. */
  readonly broken: string[]
  requests: number
  /** Messages of journals over connections that stay open; requests too. */
  linked: number
}

/** A line between workers and one server on which requests and answers get lost, doubled and late. */
export interface FaultProxy {
  readonly url: string
  /** For so long much more goes wrong. */
  storm(ms: number): void
  /** From now on nothing goes wrong any more. */
  calm(): void
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export async function startProxy(target: number, random: Random, log: ProxyLog): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true })
  let stormUntil = 0
  let faulty = true
  const draw = (): Fault => {
    log.requests++
    const fault = faulty ? nextFault(random, performance.now() < stormUntil) : ({ kind: 'none' } as const)
    log.faults[fault.kind] = (log.faults[fault.kind] ?? 0) + 1
    return fault
  }
  const server = createServer((incoming, outgoing) => {
    const fault = draw()
    outgoing.on('error', () => undefined)
    pass({ incoming, outgoing, target, agent, log }, fault).catch(() => outgoing.destroy())
  })
  const links = passLinks(server, target, { draw, log })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    storm: (ms) => (stormUntil = performance.now() + ms),
    calm: () => (faulty = false),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      links.close()
      server.closeAllConnections()
      agent.destroy()
      await closed
    },
  }
}

interface Passing {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly target: number
  readonly agent: Agent
  readonly log: ProxyLog
}

async function pass(passing: Passing, fault: Fault): Promise<void> {
  const { incoming, outgoing } = passing
  const body = await readAll(incoming)
  if (fault.kind === 'silence') return
  if (fault.kind === 'drop-request') return void outgoing.destroy()
  const gone = new AbortController()
  outgoing.on('close', () => gone.abort())
  if (fault.kind === 'late') await delay(fault.beforeMs)
  const sent = forward(passing, body, gone.signal)
  if (fault.kind === 'twice') {
    sent.catch(() => undefined)
    await (fault.gapMs === 0 ? undefined : delay(fault.gapMs))
    await forward(passing, body, gone.signal).catch(() => undefined)
  }
  const answer = await sent
  if (fault.kind === 'drop-answer') return void outgoing.destroy()
  if (fault.kind === 'late') await delay(fault.afterMs)
  outgoing.writeHead(answer.status, answer.headers).end(answer.body)
}

async function forward({ incoming, target, agent, log }: Passing, body: Buffer, signal: AbortSignal): Promise<Answer> {
  const headers = { ...incoming.headers, host: `127.0.0.1:${target}` }
  const { method, url: path } = incoming
  const batches = batchesOf(incoming, body)
  log.batches.push(...batches)
  const answer = await new Promise<Answer>((resolve, reject) => {
    const sending = request({ host: '127.0.0.1', port: target, method, path, headers, agent, signal }, (response) => {
      readAll(response).then(
        (read) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read }),
        reject,
      )
    })
    sending.on('error', reject).end(body)
  })
  const statuses = statusesOf(incoming, answer)
  for (const [index, batch] of batches.entries()) batch.status = statuses?.[index] ?? answer.status
  judge(log, incoming, answer)
  return answer
}

function judge(log: ProxyLog, { url = '', method }: IncomingMessage, { status, body }: Answer): void {
  const bad = (status >= 500 && status !== 503) || status === 400
  if (bad) log.broken.push(`${method} ${url} ${status} ${body.toString().slice(0, 500)}`)
}

const journal = /^\/api\/engine\/runs\/([0-9a-f-]{36})\/journal$/
const journals = '/api/engine/journals'

export interface SentBatch {
  readonly first: number
  readonly entries: readonly unknown[]
}

function batchesOf({ url = '', headers }: IncomingMessage, body: Buffer): readonly SeenBatch[] {
  if (url === journals) {
    const { batches } = JSON.parse(body.toString()) as { batches: { token: string; batch: SentBatch }[] }
    return batches.map(({ token, batch }) => seen(token, batch))
  }
  if (!journal.test(url)) return []
  return [seen((headers.authorization ?? '').replace('Bearer ', ''), JSON.parse(body.toString()) as SentBatch)]
}

/** Whose it is says the token: `slr_<root>.<epoch>.…`. */
export function seen(token: string, { first, entries }: SentBatch): SeenBatch {
  const [, root = '', epoch] = /^slr_([0-9a-f-]{36})\.(\d+)\./.exec(token) ?? []
  return { root, epoch: Number(epoch), first, last: first + entries.length - 1, status: 0 }
}

/** Of batches that went together, each has its own. */
function statusesOf({ url }: IncomingMessage, { status, body }: Answer): readonly number[] | undefined {
  if (url !== journals || status !== 200) return undefined
  const { verdicts } = JSON.parse(body.toString()) as { verdicts: { problem?: { status: number } }[] }
  return verdicts.map(({ problem }) => problem?.status ?? 200)
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
