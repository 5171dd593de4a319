import { SluiceError } from '@sluice/core'

/** Keys of buckets may have so many bytes, and names of files in a directory so many. */
const longestKey = 1024
const longestPart = 255

/** Files on their way into the lake are in a directory that is no part of it. */
export const stagingName = '.staging'

/**
 * Throws `LAKE_PATH_INVALID` for a key that is not relative, leaves the lake, or that some storage could not hold: a lake
 * must be movable from one to another.
 */
export function requireKey(key: string): string {
  const problem = problemOf(key)
  if (problem !== undefined) throw new SluiceError('LAKE_PATH_INVALID', { key: JSON.stringify(key), problem })
  return key
}

/** The same for the beginning of a key, which may end anywhere and be empty. */
export function requirePrefix(prefix: string): string {
  if (prefix !== '') requireKey(`${prefix}x`)
  return prefix
}

function problemOf(key: string): string | undefined {
  if (!key.isWellFormed()) return 'it is not well-formed text'
  if (Buffer.byteLength(key) > longestKey) return `it is longer than ${longestKey} bytes`
  // oxlint-disable-next-line no-control-regex -- that is what is refused
  if (/[\u0000-\u001F\u007F\\]/.test(key)) return 'it has a backslash or a control character'
  const parts = key.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'it has an empty part, or one of dots'
  if (parts.some((part) => Buffer.byteLength(part) > longestPart)) return `a part has more than ${longestPart} bytes`
  return parts[0] === stagingName ? `${stagingName} is not part of the lake` : undefined
}
