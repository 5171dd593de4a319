import { SluiceError } from '@sluice/core'

/** One connection, one statement at a time: what a transaction's body starts in parallel runs in the order it was started. */
export interface Turns {
  take<T>(work: () => Promise<T>): Promise<T>
  /** The same for a savepoint. Until it is over, only the savepoint's own handle works. */
  lend<T>(work: () => Promise<T>): Promise<T>
  /** Waits for what was started; from now on everything is refused. */
  close(): Promise<void>
}

type Phase = 'open' | 'lent' | 'closed'

const refusals: Readonly<Record<Exclude<Phase, 'open'>, string>> = {
  lent: 'a nested transaction is open: use the handle that its function was given',
  closed: 'this transaction has ended: await what its function starts',
}

export function createTurns(): Turns {
  let phase: Phase = 'open'
  let last: Promise<unknown> = Promise.resolve()

  const requireOpen = (): void => {
    // Waiting instead would be a deadlock: the nested body would wait for itself.
    if (phase !== 'open') throw new SluiceError('DATABASE_QUERY', { problem: refusals[phase], transient: false })
  }
  const queue = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => {})
    return mine
  }
  const take = async <T>(work: () => Promise<T>): Promise<T> => {
    requireOpen()
    return await queue(work)
  }
  const lend = async <T>(work: () => Promise<T>): Promise<T> => {
    requireOpen()
    phase = 'lent'
    try {
      return await queue(work)
    } finally {
      if (phase === 'lent') phase = 'open'
    }
  }
  const close = async (): Promise<void> => {
    phase = 'closed'
    await last
  }
  return { take, lend, close }
}
