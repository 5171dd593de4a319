import { SluiceError } from '@sluice/core'
import type { OpenHome } from '@sluice/engine'
import { thisProcess } from './platform.ts'

/** The name under which a database knows the key of those who share it. Rotating the key writes it anew. */
export const keyFingerprintSetting = 'key.fingerprint'

/** Tells one key from another, and nothing about it. */
export function keyFingerprint(home: OpenHome): string {
  return home.secrets.fingerprint('sluice key')
}

/**
 * Servers on one database share its secrets and each other's run tokens: one with another key would hand out what nobody can read.
 * The first server writes down which key it is. Throws `SERVER_KEY_MISMATCH`.
 */
export async function requireSharedKey(home: OpenHome): Promise<void> {
  const { store } = home
  if (store.kind === 'sqlite') return
  const own = keyFingerprint(home)
  const known = await store.initSetting(keyFingerprintSetting, own)
  if (known === own) return
  const source = thisProcess.env['SLUICE_SECRET_KEY'] ? { variable: 'SLUICE_SECRET_KEY' } : { home: home.dir }
  throw new SluiceError('SERVER_KEY_MISMATCH', { location: store.location, ...source })
}
