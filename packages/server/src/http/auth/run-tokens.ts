import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** The tokens of engines: each speaks for one root run at one epoch, and for nothing else. */
export interface RunTokens {
  mint(rootId: string, epoch: number): string
  /** Undefined for what this installation never minted. Whether the epoch is still the run's is the fence's to say. */
  verify(token: string): { readonly rootId: string; readonly epoch: number } | undefined
}

const form = /^slr_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,10})\.([\w-]{43})$/

/**
 * Stateless: a MAC under a key derived from the home's, so every replica with that key accepts them and nothing is stored.
 * `secretKey`: in base64.
 */
export function createRunTokens(secretKey: string): RunTokens {
  const key = Buffer.from(hkdfSync('sha256', Buffer.from(secretKey, 'base64'), '', 'sluice run tokens v1', 32))
  const macOf = (rootId: string, epoch: number): string =>
    createHmac('sha256', key).update(`${rootId}.${epoch}`).digest('base64url')
  return {
    mint: (rootId, epoch) => `slr_${rootId}.${epoch}.${macOf(rootId, epoch)}`,
    verify(token) {
      const [, rootId, epochText, mac] = form.exec(token) ?? []
      if (rootId === undefined || epochText === undefined || mac === undefined) return undefined
      const epoch = Number(epochText)
      return timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(rootId, epoch))) ? { rootId, epoch } : undefined
    },
  }
}
