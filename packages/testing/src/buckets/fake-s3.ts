import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { breakOff, type BucketFault, type BucketRequest } from './bucket-faults.ts'
import { type Answer, type FakeBucketServer, type FakeServerParts, startFakeServer } from './fake-server.ts'
import { garbled, rangeOf, type StoredObject } from './stored-objects.ts'

/**
 * A server that speaks S3 as far as Sluice does: objects, lists in pages, conditional creates, uploads in parts. It checks no
 * signature and keeps everything in memory.
 */
export function startFakeS3(): Promise<FakeBucketServer> {
  return startFakeServer((parts) => new FakeS3(parts).answer)
}

/** A page is short here, so that tests see more than one. */
const pageSize = 5

interface Upload {
  readonly key: string
  readonly metadata: Readonly<Record<string, string>>
  readonly parts: Map<number, Buffer>
}

/** What is sent back. */
interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

class FakeS3 {
  readonly #parts: FakeServerParts
  readonly #uploads = new Map<string, Upload>()

  constructor(parts: FakeServerParts) {
    this.#parts = parts
  }

  readonly answer: Answer = async (request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://fake')
    const [, bucket = '', ...rest] = url.pathname.split('/').map(decodeURIComponent)
    const key = rest.join('/')
    const on = requestOf(request, url)
    if (bucket !== this.#parts.bucket) return send(request, response, failure(404, 'NoSuchBucket'))
    const fault = this.#parts.faults.next(on, on === 'list' ? (url.searchParams.get('prefix') ?? '') : key)
    const refusal = fault && refusalOf(fault)
    if (refusal) return send(request, response, refusal)
    if (fault === 'unconditional') delete request.headers['if-none-match']
    const reply = fault === 'slow' ? { status: 200 } : this.#reply(on, request, url, key, body)
    if (fault === 'garbled') return send(request, response, { ...reply, body: garbled(reply.body) })
    if (fault === undefined || fault === 'unconditional') return send(request, response, reply)
    await breakOff(response, fault, Buffer.from(reply.body ?? ''), reply.status)
  }

  #reply(on: BucketRequest, request: IncomingMessage, url: URL, key: string, body: Buffer): Reply {
    const { objects } = this.#parts
    switch (on) {
      case 'put':
        return this.#create(request, key, body, metadataOf(request))
      case 'begin':
        return this.#begin(key, metadataOf(request))
      case 'part':
        return this.#part(url, body)
      case 'complete':
        return this.#complete(request, url, body)
      case 'list':
        return this.#list(url)
      case 'delete':
        return request.method === 'POST' ? this.#deleteMany(body) : this.#delete(url, key)
      default: {
        const found = objects.get(key)
        return found === undefined ? failure(404, 'NoSuchKey') : objectReply(found, request.headers.range)
      }
    }
  }

  #create(request: IncomingMessage, key: string, body: Uint8Array, metadata: Readonly<Record<string, string>>): Reply {
    const ifAbsent = request.headers['if-none-match'] === '*'
    if (!this.#parts.objects.put(key, body, metadata, ifAbsent)) return failure(412, 'PreconditionFailed')
    return { status: 200, headers: { etag: etagOf(body) } }
  }

  #begin(key: string, metadata: Readonly<Record<string, string>>): Reply {
    const id = randomUUID()
    this.#uploads.set(id, { key, metadata, parts: new Map() })
    return xml('InitiateMultipartUploadResult', `<Key>${escaped(key)}</Key><UploadId>${id}</UploadId>`)
  }

  #part(url: URL, body: Buffer): Reply {
    const upload = this.#uploads.get(url.searchParams.get('uploadId') ?? '')
    if (upload === undefined) return failure(404, 'NoSuchUpload')
    upload.parts.set(Number(url.searchParams.get('partNumber')), body)
    return { status: 200, headers: { etag: etagOf(body) } }
  }

  #complete(request: IncomingMessage, url: URL, body: Buffer): Reply {
    const id = url.searchParams.get('uploadId') ?? ''
    const upload = this.#uploads.get(id)
    if (upload === undefined) return failure(404, 'NoSuchUpload')
    const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, number]) =>
      Number(number),
    )
    const parts = numbers.map((number) => upload.parts.get(number) ?? Buffer.alloc(0))
    const created = this.#create(request, upload.key, Buffer.concat(parts), upload.metadata)
    if (created.status !== 200) return created
    this.#uploads.delete(id)
    return xml('CompleteMultipartUploadResult', `<Key>${escaped(upload.key)}</Key>`)
  }

  #list(url: URL): Reply {
    const { objects, bucket } = this.#parts
    const after = Buffer.from(url.searchParams.get('continuation-token') ?? '', 'base64url').toString()
    const { keys, more } = objects.list(url.searchParams.get('prefix') ?? '', after, pageSize)
    const contents = keys.map((key) => {
      const found = objects.get(key)
      const at = found?.modifiedAt.toISOString()
      return `<Contents><Key>${escaped(key)}</Key><Size>${found?.body.length}</Size><LastModified>${at}</LastModified></Contents>`
    })
    const token = Buffer.from(keys.at(-1) ?? '').toString('base64url')
    const next = more ? `<NextContinuationToken>${token}</NextContinuationToken>` : ''
    const list = `<Name>${bucket}</Name><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}`
    return xml('ListBucketResult', list)
  }

  #delete(url: URL, key: string): Reply {
    const upload = url.searchParams.get('uploadId')
    if (upload === null) this.#parts.objects.delete(key)
    else this.#uploads.delete(upload)
    return { status: 204 }
  }

  #deleteMany(body: Buffer): Reply {
    for (const [, key = ''] of body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)) this.#parts.objects.delete(plain(key))
    return xml('DeleteResult', '')
  }
}

function requestOf({ method }: IncomingMessage, { searchParams }: URL): BucketRequest {
  if (method === 'POST')
    return searchParams.has('uploads') ? 'begin' : searchParams.has('delete') ? 'delete' : 'complete'
  if (method === 'PUT') return searchParams.has('partNumber') ? 'part' : 'put'
  if (method === 'GET') return searchParams.has('list-type') ? 'list' : 'get'
  return method === 'HEAD' ? 'head' : 'delete'
}

function refusalOf(fault: BucketFault): Reply | undefined {
  if (fault === 'busy') return failure(503, 'SlowDown')
  if (fault === 'throttled') return failure(429, 'TooManyRequests')
  if (fault === 'conflict') return failure(409, 'ConditionalRequestConflict')
  return fault === 'denied' ? failure(403, 'AccessDenied') : undefined
}

function metadataOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'))
  return Object.fromEntries(own.map(([name, value]) => [name, String(value)]))
}

function objectReply(found: StoredObject, range: string | undefined): Reply {
  const body = rangeOf(found.body, range)
  if (body === undefined) return failure(416, 'InvalidRange')
  const headers = { etag: etagOf(found.body), 'last-modified': found.modifiedAt.toUTCString(), ...found.metadata }
  return { status: range === undefined ? 200 : 206, headers, body }
}

const etagOf = (body: Uint8Array): string => `"${createHash('md5').update(body).digest('hex')}"`

function failure(status: number, code: string): Reply {
  return { ...xml('Error', `<Code>${code}</Code><Message>told by the fake</Message>`), status }
}

function xml(root: string, content: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?><${root}>${content}</${root}>`
  return { status: 200, headers: { 'content-type': 'application/xml' }, body }
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const plain = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

async function send({ method }: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const body = Buffer.from(reply.body ?? '')
  response.writeHead(reply.status, { ...reply.headers, 'content-length': body.length })
  response.end(method === 'HEAD' ? undefined : body)
}
