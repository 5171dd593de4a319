import { digest } from '@sluice/core'

/** What changes with every answer, or is secret: no part of what an address is known by. */
const passing =
  /^(?:x-amz-.*|x-goog-.*|x-ms-.*|(?:access[-_]?)?token|api[-_]?key|key|sig|signature|expires|policy|key-pair-id|awsaccesskeyid|googleaccessid|se|sp|sv|sr|st|spr|sks|ske|skt|skoid|sktid|skv)$/i

/**
 * A URL as it is remembered: without credentials, and with a hash in the place of what its query asks for. Two pages of one address are two, a signature that
 * is new makes no other file of it.
 */
export function addressOfUrl(url: URL): string {
  const asked = [...url.searchParams].filter(([name]) => !passing.test(name))
  const place = `${url.origin}${url.pathname}`
  return asked.length === 0 ? place : `${place}?${digest(JSON.stringify(asked)).slice(0, 16)}`
}
