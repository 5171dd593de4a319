import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { breakOff, type BucketFault, type BucketRequest } from './bucket-faults.ts'
import { type Answer, type FakeBucketServer, type FakeServerParts, startFakeServer } from './fake-server.ts'
import { garbled, rangeOf, type StoredObject } from './stored-objects.ts'

/**
 * A server that speaks the JSON API of Google Cloud Storage as far as Sluice does: objects, lists in pages, conditional creates,
 * uploads in pieces. It asks for no login and keeps everything in memory.
 */
export function startFakeGcs(): Promise<FakeBucketServer> {
  return startFakeServer((parts) => new FakeGcs(parts).answer)
}

/** A page is short here, so that tests see more than one. */
const pageSize = 5

interface Upload {
  readonly facts: ObjectFacts
  readonly ifAbsent: boolean
  body: Buffer
  done: boolean
}

interface ObjectFacts {
  readonly name: string
  readonly metadata?: Readonly<Record<string, string>>
}

interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

class FakeGcs {
  readonly #parts: FakeServerParts
  readonly #uploads = new Map<string, Upload>()

  constructor(parts: FakeServerParts) {
    this.#parts = parts
  }

  readonly answer: Answer = async (request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://fake')
    const [, bucket, name = ''] = /^(?:\/upload)?\/storage\/v1\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(url.pathname) ?? []
    const key = decodeURIComponent(name)
    const on = requestOf(request, url)
    if (bucket !== this.#parts.bucket) return send(response, failure(404, 'The specified bucket does not exist.'))
    const fault = this.#parts.faults.next(on, on === 'list' ? (url.searchParams.get('prefix') ?? '') : key)
    const refusal = fault && refusalOf(fault)
    if (refusal) return send(response, refusal)
    if (fault === 'unconditional') url.searchParams.delete('ifGenerationMatch')
    const reply = fault === 'slow' ? { status: 200 } : this.#reply(on, request, url, key, body)
    if (fault === 'garbled') return send(response, { ...reply, body: garbled(reply.body) })
    if (fault === undefined || fault === 'unconditional') return send(response, reply)
    await breakOff(response, fault, Buffer.from(reply.body ?? ''), reply.status)
  }

  #reply(on: BucketRequest, request: IncomingMessage, url: URL, key: string, body: Buffer): Reply {
    const { objects } = this.#parts
    const ifAbsent = url.searchParams.get('ifGenerationMatch') === '0'
    if (on === 'put') {
      const { facts, media } = relatedParts(request, body)
      return this.#create(facts, media, ifAbsent)
    }
    if (on === 'begin') return this.#begin(url, JSON.parse(body.toString()) as ObjectFacts, ifAbsent)
    if (on === 'part') return this.#piece(request, url, body)
    if (on === 'list') return this.#list(url)
    if (on === 'delete') return objects.delete(key) ? { status: 204 } : absent(key)
    const found = objects.get(key)
    if (found === undefined) return absent(key)
    return on === 'head' ? json(factsOf(key, found)) : mediaReply(found, request.headers.range)
  }

  #create(facts: ObjectFacts, body: Uint8Array, ifAbsent: boolean): Reply {
    if (!this.#parts.objects.put(facts.name, body, facts.metadata ?? {}, ifAbsent))
      return failure(412, 'At least one of the pre-conditions you specified did not hold.')
    return json({ name: facts.name })
  }

  #begin(url: URL, facts: ObjectFacts, ifAbsent: boolean): Reply {
    const id = randomUUID()
    this.#uploads.set(id, { facts, ifAbsent, body: Buffer.alloc(0), done: false })
    const location = `${this.#parts.endpoint()}${url.pathname}?uploadType=resumable&upload_id=${id}`
    return { status: 200, headers: { location } }
  }

  #piece(request: IncomingMessage, url: URL, body: Buffer): Reply {
    const upload = this.#uploads.get(url.searchParams.get('upload_id') ?? '')
    if (upload === undefined) return failure(410, 'Gone')
    const [, first, size = ''] = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(request.headers['content-range'] ?? '') ?? []
    if (!upload.done && first !== undefined && Number(first) <= upload.body.length)
      upload.body = Buffer.concat([upload.body.subarray(0, Number(first)), body])
    if (upload.body.length < Number(size)) {
      const headers: Record<string, string> =
        upload.body.length === 0 ? {} : { range: `bytes=0-${upload.body.length - 1}` }
      return { status: 308, headers }
    }
    if (upload.done) return json({ name: upload.facts.name })
    const created = this.#create(upload.facts, upload.body, upload.ifAbsent)
    upload.done = created.status === 200
    return created
  }

  #list(url: URL): Reply {
    const { objects } = this.#parts
    const after = Buffer.from(url.searchParams.get('pageToken') ?? '', 'base64url').toString()
    const { keys, more } = objects.list(url.searchParams.get('prefix') ?? '', after, pageSize)
    const items = keys.flatMap((key) => {
      const found = objects.get(key)
      return found === undefined ? [] : [factsOf(key, found)]
    })
    const next = more ? { nextPageToken: Buffer.from(keys.at(-1) ?? '').toString('base64url') } : {}
    return json({ items, ...next })
  }
}

function requestOf({ method }: IncomingMessage, { searchParams, pathname }: URL): BucketRequest {
  if (method === 'POST') return searchParams.get('uploadType') === 'resumable' ? 'begin' : 'put'
  if (method === 'PUT') return 'part'
  if (method === 'DELETE') return 'delete'
  if (pathname.endsWith('/o')) return 'list'
  return searchParams.get('alt') === 'media' ? 'get' : 'head'
}

function refusalOf(fault: BucketFault): Reply | undefined {
  if (fault === 'busy') return failure(503, 'Backend Error')
  if (fault === 'throttled') return failure(429, 'rateLimitExceeded')
  if (fault === 'conflict') return failure(409, 'conflict')
  return fault === 'denied' ? failure(403, 'no access to the object') : undefined
}

/** The two parts of a `multipart/related` body: facts as JSON, and bytes. */
function relatedParts(
  { headers }: IncomingMessage,
  body: Buffer,
): { readonly facts: ObjectFacts; readonly media: Buffer } {
  const boundary = `--${/boundary=([^;]+)/.exec(headers['content-type'] ?? '')?.[1]}`
  const contentAt = (from: number): number => body.indexOf('\r\n\r\n', from) + 4
  const first = contentAt(0)
  const second = body.indexOf(`\r\n${boundary}`, first)
  const media = contentAt(second + 2)
  return {
    facts: JSON.parse(body.subarray(first, second).toString()) as ObjectFacts,
    media: body.subarray(media, body.lastIndexOf(`\r\n${boundary}--`)),
  }
}

function factsOf(name: string, { body, modifiedAt, metadata, generation }: StoredObject): object {
  return {
    name,
    size: String(body.length),
    updated: modifiedAt.toISOString(),
    metadata,
    generation: String(generation),
  }
}

function mediaReply(found: StoredObject, range: string | undefined): Reply {
  const body = rangeOf(found.body, range)
  if (body === undefined) return failure(416, 'Requested range not satisfiable')
  const md5 = createHash('md5').update(found.body).digest('base64')
  return { status: range === undefined ? 200 : 206, headers: { 'x-goog-hash': `crc32c=AAAAAA==,md5=${md5}` }, body }
}

const absent = (key: string): Reply => failure(404, `No such object: ${key}`)
const failure = (code: number, message: string): Reply => ({ ...json({ error: { code, message } }), status: code })
const json = (value: object): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

async function send(response: ServerResponse, reply: Reply): Promise<void> {
  const body = Buffer.from(reply.body ?? '')
  response.writeHead(reply.status, { ...reply.headers, ...(reply.status !== 204 && { 'content-length': body.length }) })
  response.end(body)
}
