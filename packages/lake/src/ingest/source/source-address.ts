import { digest } from '@sluice/core'

/** What only signs a request, and is another with every signature; of addresses that are signed. */
const signing =
  /^(?:x-(?:amz|goog|ms)-.*|sig|signature|expires|policy|key-pair-id|awsaccesskeyid|googleaccessid|se|sp|spr|sr|st|sv|sk(?:oid|tid|e|s|t|v))$/i
const signature = /^(?:x-(?:amz|goog)-signature|sig|signature)$/i

/**
 * A URL as it is remembered: without credentials, and with a hash in the place of what its query asks for. Two pages of one address are two; a signature that
 * is new makes no other file of it.
 */
export function addressOfUrl(url: URL): string {
  const query = [...url.searchParams]
  const isSigned = query.some(([name]) => signature.test(name))
  const asked = isSigned ? query.filter(([name]) => !signing.test(name)) : query
  const place = `${url.origin}${url.pathname}`
  return asked.length === 0 ? place : `${place}?${digest(JSON.stringify(asked)).slice(0, 16)}`
}
