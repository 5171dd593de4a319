import { SluiceError } from '@sluice/core'
import type { FastifyInstance } from 'fastify'
import { isUtf8 } from 'node:buffer'

export const mebibyte = 1_048_576

/** JSON in UTF-8, and raw bytes; nothing else has a meaning here. An empty body is none. */
export function addBodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      requireUtf8(request.headers['content-type'])
      done(null, parseJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body)
  })
}

/** Raw bytes that whoever handles them reads as they come. */
export function addStreamParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => {
    done(null, payload)
  })
  app.addContentTypeParser('*', (request, _payload, done) => {
    const found = request.headers['content-type']?.slice(0, 200)
    done(new SluiceError('MEDIA_TYPE_UNSUPPORTED', { ...(found && { found }), needed: 'application/octet-stream' }))
  })
}

/** JSON is UTF-8, and ASCII is part of that. Another character set would be read wrongly, or refused by chance. */
function requireUtf8(type: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(type ?? '')?.[1]?.toLowerCase()
  if (charset === undefined || readable.has(charset)) return
  throw new SluiceError('MEDIA_TYPE_UNSUPPORTED', { found: type?.slice(0, 200), needed: 'UTF-8' })
}

const readable: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii'])

/** Throws `REQUEST_INVALID`. Names that would reach into an object's prototype are refused wherever they stand. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined
  if (!isUtf8(body)) throw new SluiceError('REQUEST_INVALID', { problem: 'the body is not UTF-8' })
  const text = body.toString('utf8')
  try {
    return suspicious.test(text) ? JSON.parse(text, refusePrototype) : JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause
    throw new SluiceError(
      'REQUEST_INVALID',
      { problem: `the body is not JSON: ${(cause as Error).message}` },
      { cause },
    )
  }
}

/** Looked for in the text first: a reviver is slow, and almost no body needs it. Names may be written with escapes. */
const suspicious = /__proto__|\\u00/i

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SluiceError('REQUEST_INVALID', { problem: 'the name __proto__ is refused' })
  return value
}
