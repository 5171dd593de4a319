import type { Outgoing, Transport } from '@sluice/api/client'
import type { FastifyInstance } from 'fastify'

/** Calls an app in this process without a socket: for a client of a home that no server runs on. */
export function injectTransport(app: FastifyInstance): Transport {
  return async ({ method, url, headers, body }) => {
    const { pathname, search } = new URL(url)
    const answer = await app.inject({
      method: method as 'GET',
      url: pathname + search,
      headers: { ...headers, host: 'localhost' },
      ...(body === undefined ? {} : { payload: await payloadOf(body) }),
    })
    const type = answer.headers['content-type'] ?? ''
    return {
      status: answer.statusCode,
      type: type.split(';', 1)[0]?.trim() ?? '',
      bytes: () => new Uint8Array(answer.rawPayload),
      text: () => answer.payload,
    }
  }
}

async function payloadOf(body: NonNullable<Outgoing['body']>): Promise<string | Buffer> {
  if (typeof body === 'string') return body
  return Buffer.from(body instanceof Blob ? await body.bytes() : body)
}
