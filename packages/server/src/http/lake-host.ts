import type { OpenHome } from '@sluice/engine'
import type * as serve from '@sluice/lake/serve'

/** The lake of the home, and what is done with it; loaded by the first who asks. */
export type HostedLake = Awaited<ReturnType<typeof serve.serveLake>> & { readonly verbs: typeof serve }

export interface LakeHost {
  open(): Promise<HostedLake>
  /** Ends the processes that work on it. */
  close(): Promise<void>
}

export function createLakeHost(home: OpenHome): LakeHost {
  let opened: Promise<HostedLake> | undefined
  const start = async (): Promise<HostedLake> => {
    const verbs = await import('@sluice/lake/serve')
    return { ...(await verbs.serveLake(home)), verbs }
  }
  return {
    open() {
      opened ??= start().catch((error: unknown) => {
        // Asked again the next time: the disk may be back.
        opened = undefined
        throw error
      })
      return opened
    },
    async close() {
      const lake = await opened?.catch(() => undefined)
      await lake?.[Symbol.asyncDispose]()
    },
  }
}
