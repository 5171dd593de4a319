import { endpoints, type OperationId } from '../endpoints.ts'

/** The parts of a request, before they are a URL and a body. */
export interface Parts {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

/** The path of an operation with its parameters in it, and the query behind it. Lists are told by repeating their name. */
export function pathOf(id: OperationId, { params = {}, query = {} }: Parts): string {
  const path = endpoints[id].path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  )
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) search.append(name, String(one))
    }
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`
}

/** Whether sending it twice does what sending it once does. */
export function isRepeatable(id: OperationId, { body }: Parts): boolean {
  const endpoint = endpoints[id]
  if (endpoint.method === 'GET' || endpoint.method === 'PUT' || 'repeatable' in endpoint) return true
  return typeof body === 'object' && body !== null && 'idempotencyKey' in body && body.idempotencyKey !== undefined
}

/** How long the server was asked to wait, or allowed to work, before it answers. */
export function waitOf({ query, body }: Parts): number {
  const said: { readonly waitMs?: unknown; readonly timeoutMs?: unknown } | null =
    typeof body === 'object' ? body : null
  const asked = query?.['waitMs'] ?? said?.waitMs ?? said?.timeoutMs
  return typeof asked === 'number' ? asked : 0
}
