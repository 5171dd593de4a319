import { createHash, createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { contentHash, digest, keyedDigest } from './index.ts'

const first16 = (bytes: Buffer): string => bytes.subarray(0, 16).toString('base64url')

test('a digest is the first 16 bytes of SHA-256 in base64url', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(digest(text)).toBe(first16(createHash('sha256').update(text).digest()))
      expect(digest(text)).toHaveLength(22)
    }),
  )
})

test('a keyed digest is the same of HMAC-SHA-256, under a key of text or bytes', () => {
  expect(keyedDigest('key', 'text')).toBe(first16(createHmac('sha256', 'key').update('text').digest()))
  expect(keyedDigest(Buffer.from('key'), 'text')).toBe(keyedDigest('key', 'text'))
  expect(keyedDigest('other', 'text')).not.toBe(keyedDigest('key', 'text'))
})

test('a content hash is SHA-256 in hex, the same for text and its UTF-8 bytes', () => {
  expect(contentHash('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(contentHash(new TextEncoder().encode('déjà'))).toBe(contentHash('déjà'))
})
