import type { Client } from '../client/client.ts'
import { type ClientOptions, createClient } from '../client/create-client.ts'
import { httpTransport } from './http-transport.ts'

/** {@link createClient} over connections that stay open, for processes that make many calls. Dispose of it to close them. */
export function createNodeClient(options: Omit<ClientOptions, 'transport' | 'close'>): Client {
  const { send, close } = httpTransport(options.url)
  return createClient({ ...options, transport: send, close })
}
