import { expect, test } from 'vitest'
import { mediaTypeOf } from './media-type.ts'

test.each([
  ['a.pdf', '', 'application/pdf'],
  ['a.CSV.GZ', '', 'application/gzip'],
  ['scan', '%PDF-1.4', 'application/pdf'],
  ['a.unknown', '\u0089PNG', 'image/png'],
  ['readme', 'Gr\u00fc\u00dfe\n', 'text/plain'],
  ['a.constructor', '\u0001\u0002', 'application/octet-stream'],
  ['nothing', '', 'application/octet-stream'],
] as const)('%s that begins with %j is %s', (name, head, type) => {
  const encoding = head.startsWith('Gr') ? 'utf8' : 'latin1'
  expect(mediaTypeOf(name, Buffer.from(head, encoding))).toBe(type)
})
