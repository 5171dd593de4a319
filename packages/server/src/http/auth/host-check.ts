import { SluiceError } from '@sluice/core'

/** What a request says about where it comes from and whom it means. */
export interface Addressed {
  readonly host: string | undefined
  readonly origin: string | undefined
}

export interface HostRules {
  /** The server can be reached from this machine only. */
  readonly loopback: boolean
  /** Host names beside the server's own, as `SLUICE_ALLOWED_HOSTS` lists them. */
  readonly allowed: readonly string[]
}

/**
 * Throws `HOST_REFUSED` for a host name that is not the server's, and for web pages of another origin. A page anywhere can make a
 * browser send requests to this machine, and a name it owns can be made to point here: neither gets as far as the token.
 */
export function checkHost({ host, origin }: Addressed, { loopback, allowed }: HostRules): void {
  const name = hostName(host)
  if (name === undefined) throw new SluiceError('HOST_REFUSED', { problem: 'the Host header is missing or malformed' })
  const restricted = loopback || allowed.length > 0
  if (restricted && !isLoopbackName(name) && !allowed.includes(name)) throw new SluiceError('HOST_REFUSED', { host })
  if (origin === undefined) return
  const from = URL.canParse(origin) ? new URL(origin) : undefined
  if (from === undefined || (from.host !== host && !allowed.includes(from.hostname)))
    throw new SluiceError('HOST_REFUSED', { origin })
}

/** The name without its port. */
function hostName(host: string | undefined): string | undefined {
  if (host === undefined || !/^[\w.-]+(?::\d+)?$|^\[[\da-f:.]+\](?::\d+)?$/i.test(host)) return undefined
  return host.replace(/:\d+$/, '').toLowerCase()
}

function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}
