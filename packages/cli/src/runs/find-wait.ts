import type { WaitJson } from '@sluice/api'
import type { Client } from '@sluice/api/client'
import { nearest, SluiceError } from '@sluice/core'
import type { ShownRun } from './run-source.ts'

/** The open wait for input that is meant: the one of this key, without a key the only one. Throws `WAIT_NOT_FOUND`, `OPTION_INVALID`. */
export async function findInputWait(client: Client, run: ShownRun, key: string | undefined): Promise<WaitJson> {
  const { items } = await client.listWaits({ query: { run: run.rootId, status: 'open', limit: 1000 } })
  const open = items.filter((wait) => wait.kind === 'input')
  const keys = open.map((wait) => wait.name ?? '')
  if (key !== undefined) {
    const found = open.find((wait) => wait.name === key)
    if (found !== undefined) return found
    const near = nearest(key, keys)
    const known = keys.length === 0 ? 'it waits for no input' : `it waits for ${keys.join(', ')}`
    throw new SluiceError('WAIT_NOT_FOUND', {
      wait: key,
      run: run.id,
      problem: near === undefined ? known : `did you mean '${near}'?`,
    })
  }
  const [only, ...others] = open
  if (only === undefined) throw new SluiceError('WAIT_NOT_FOUND', { run: run.id, problem: 'it waits for no input' })
  if (others.length > 0)
    throw new SluiceError('OPTION_INVALID', { option: 'key', problem: `it waits for several: ${keys.join(', ')}` })
  return only
}
