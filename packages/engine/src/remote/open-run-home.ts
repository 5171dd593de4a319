import { SluiceError } from '@sluice/core'
import { createSecretBox, type SecretBox } from '../home/secret-box.ts'
import type { RunDeployment, RunHome } from '../home/run-home.ts'
import { defaultSettings, type EngineSettings } from '../home/settings.ts'
import { createValues } from '../home/values.ts'
import type { Lease } from '../run-store.ts'
import { remoteResults } from './remote-results.ts'
import { engineClient } from './engine-client.ts'
import { joinCourier } from './journal-courier.ts'
import { remoteSavedValues } from './remote-saved-values.ts'
import { remoteStarts, remoteStore, sendAlone } from './remote-store.ts'

export interface RunHomeOptions {
  /** Of the servers, most preferred first, with commas between them. */
  readonly url: string
  /** Of this run at its epoch: it opens nothing else. */
  readonly token: string
  readonly rootId: string
  /** The project's root, absolute. */
  readonly project: string
  /** The key of the server's home, for secrets among parameters and results: 32 bytes in base64. */
  readonly secretKey: string | undefined
  /** Those before it, which open what was sealed before a rotation. */
  readonly previousSecretKeys?: readonly string[]
  readonly lease?: Lease
  readonly deployment?: RunDeployment
  readonly settings?: Partial<EngineSettings>
}

/** The home of one claimed run in a worker's process: everything it records goes to the server. */
export function openRunHome(options: RunHomeOptions): RunHome & AsyncDisposable {
  const { url, token, rootId, project, secretKey } = options
  const urls = url.split(',')
  const client = engineClient(urls, token)
  const courier = joinCourier(urls, token)
  const alone = sendAlone(client, rootId)
  const secrets = secretKey === undefined ? lockedBox : boxOf(secretKey, options)
  return {
    project,
    store: remoteStore(client, url, rootId, (batch) => courier.append({ token, batch, alone: () => alone(batch) })),
    settings: { ...defaultSettings, ...options.settings },
    secrets,
    values: createValues(remoteResults(client, url, rootId), secrets),
    saved: remoteSavedValues(client, url, rootId),
    starts: remoteStarts(client, url, rootId),
    server: client,
    ...(options.lease && { lease: options.lease }),
    ...(options.deployment && { deployment: options.deployment }),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await courier[Symbol.asyncDispose]()
    },
  }
}

function boxOf(secretKey: string, { project, previousSecretKeys = [] }: RunHomeOptions): SecretBox {
  const previous = previousSecretKeys.join(',')
  return createSecretBox(project, { SLUICE_SECRET_KEY: secretKey, SLUICE_PREVIOUS_SECRET_KEYS: previous })
}

function noKey(): never {
  throw new SluiceError('SECRET_KEY_MISSING', { problem: 'the server gave this worker none' })
}

const lockedBox: SecretBox = { seal: noKey, open: noKey, fingerprint: noKey }
