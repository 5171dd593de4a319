import { SluiceError } from '@sluice/core'
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Seals secrets for the database with AES-256-GCM. The key lives outside it. */
export interface SecretBox {
  seal(secret: string): string
  /** Throws `SECRET_UNREADABLE` when the key is another one or the text was changed. */
  open(sealed: string): string
  /** A keyed fingerprint: equal for equal secrets, useless without the key. */
  fingerprint(secret: string): string
}

const nonceBytes = 12
const tagBytes = 16

/**
 * The key comes from `SLUICE_SECRET_KEY` (32 bytes in base64), else from `secret.key` in the home, made on first use with mode 0600. What
 * was sealed before a rotation opens with one of {@link previousKeys}.
 */
export function createSecretBox(home: string, env: Readonly<Record<string, string | undefined>>): SecretBox {
  let loaded: Buffer | undefined
  const key = (): Buffer =>
    (loaded ??= env['SLUICE_SECRET_KEY'] ? keyFromText(env['SLUICE_SECRET_KEY']) : keyFromHome(home))
  return {
    seal(secret) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key(), nonce)
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return `v1.${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')}`
    },
    open(sealed) {
      const bytes = Buffer.from(sealed.slice(3), 'base64')
      try {
        return opened(bytes, key())
      } catch (cause) {
        for (const previous of previousKeys(home, env)) {
          try {
            return opened(bytes, previous)
          } catch {
            // Sealed under another one.
          }
        }
        throw new SluiceError('SECRET_UNREADABLE', {}, { cause })
      }
    },
    fingerprint: (secret) => createHmac('sha256', key()).update(secret).digest('base64url').slice(0, 22),
  }
}

function opened(bytes: Buffer, key: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes))
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8')
}

/** Keys of before: `SLUICE_PREVIOUS_SECRET_KEYS` (separated by commas), and the lines of `secret.key.previous` in the home. */
function previousKeys(home: string, env: Readonly<Record<string, string | undefined>>): readonly Buffer[] {
  const file = path.join(home, 'secret.key.previous')
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const texts = [...(env['SLUICE_PREVIOUS_SECRET_KEYS'] ?? '').split(','), ...kept.split('\n')]
  return texts.flatMap((text) => (text.trim() === '' ? [] : [keyFromText(text.trim())]))
}

/** The same as text in base64: what runs of before a rotation hold must open in their workers, too. */
export function previousSecretKeysOf(
  home: string,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return [...new Set(previousKeys(home, env).map((key) => key.toString('base64')))]
}

/** The key itself, as text in base64: for a server, which derives other keys from it and trusts its workers with it. */
export function secretKeyOf(home: string, env: Readonly<Record<string, string | undefined>>): string {
  return (env['SLUICE_SECRET_KEY'] ? keyFromText(env['SLUICE_SECRET_KEY']) : keyFromHome(home)).toString('base64')
}

function keyFromText(text: string): Buffer {
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32)
    throw new SluiceError('SECRET_KEY_MISSING', {
      source: 'SLUICE_SECRET_KEY',
      problem: `it has ${key.length} bytes, not 32`,
    })
  return key
}

function keyFromHome(home: string): Buffer {
  const file = path.join(home, 'secret.key')
  try {
    return keyFromText(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  mkdirSync(home, { recursive: true })
  try {
    // `wx`: of several processes that start at once, one makes the key and the others read it.
    writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new SluiceError('HOME_READ_ONLY', { home }, { cause: error })
  }
  return keyFromText(readFileSync(file, 'utf8'))
}
