import type { OpenHome } from '@sluice/engine'
import { afterEach, expect, test, vi } from 'vitest'
import { requireSharedKey } from './key-fingerprint.ts'

afterEach(() => vi.unstubAllEnvs())

const home = {
  dir: '/project/.sluice',
  secrets: { fingerprint: () => 'own' },
  store: { kind: 'postgres', location: 'a database', initSetting: () => Promise.resolve('another') },
} as unknown as OpenHome

test('a key that differs is blamed on the variable that it came from, else on the home', async () => {
  vi.stubEnv('SLUICE_SECRET_KEY', '')
  await expect(requireSharedKey(home)).rejects.toMatchObject({ details: { home: '/project/.sluice' } })
  vi.stubEnv('SLUICE_SECRET_KEY', 'x')
  const refused = requireSharedKey(home)
  await expect(refused).rejects.toMatchObject({ details: { variable: 'SLUICE_SECRET_KEY' } })
  await expect(refused).rejects.not.toHaveProperty('details.home')
})
