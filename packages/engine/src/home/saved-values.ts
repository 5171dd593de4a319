import { type Json, Secret, SluiceError } from '@sluice/core'
import type { Store } from '@sluice/store'
import type { SecretBox } from './secret-box.ts'

/** What an installation keeps for its runs to read by name. */
export interface SavedValues {
  /** Throws `VARIABLE_NOT_FOUND`. */
  variable(name: string): Promise<Json>
  /** All fields of a block, secret ones in the clear. Throws `BLOCK_NOT_FOUND`, and what opening its secrets throws. */
  block(kind: string, name: string): Promise<Readonly<Record<string, Json>>>
}

/** Read from the store itself, as a script does. */
export function storedValues(store: Pick<Store, 'getVariable' | 'getBlock'>, secrets: SecretBox): SavedValues {
  return {
    async variable(name) {
      const found = await store.getVariable(name)
      if (!found) throw new SluiceError('VARIABLE_NOT_FOUND', { variable: name })
      return JSON.parse(found.value) as Json
    },
    async block(kind, name) {
      const found = await store.getBlock(kind, name)
      if (!found) throw new SluiceError('BLOCK_NOT_FOUND', { block: `${kind}/${name}` })
      const open = found.secrets === null ? {} : (JSON.parse(secrets.open(found.secrets)) as Record<string, Json>)
      return { ...(JSON.parse(found.fields) as Record<string, Json>), ...open }
    },
  }
}

/** Which fields of a block are secret, by its kind. */
const secretFields: Readonly<Record<string, readonly string[]>> = {
  Secret: ['value'],
  PostgresDatabase: ['password'],
  S3Bucket: ['secretAccessKey', 'sessionToken'],
  GcsBucket: ['credentials'],
}

/** A block as code gets it: what is secret is a {@link Secret}, which no log and no result shows. */
export function guarded(kind: string, fields: Readonly<Record<string, Json>>): Readonly<Record<string, unknown>> {
  const secret = new Set(secretFields[kind])
  const { url, ...parts } = fields
  const whole = kind === 'PostgresDatabase' && typeof url === 'string' ? { ...partsOf(url), ...parts } : fields
  return Object.fromEntries(
    Object.entries(whole).map(([name, value]) => [
      name,
      secret.has(name) && typeof value === 'string' ? new Secret(value) : value,
    ]),
  )
}

/** What the URL of a database says. Throws `BLOCK_INVALID`, without the URL, for one that is none. */
function partsOf(text: string): Readonly<Record<string, Json>> {
  const url = URL.parse(text)
  if (!url) throw new SluiceError('BLOCK_INVALID', { block: 'PostgresDatabase', problem: 'its url is not a URL' })
  const decoded = (part: string): string => decodeURIComponent(part)
  return {
    ...(url.hostname !== '' && { host: decoded(url.hostname) }),
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(url.pathname.length > 1 && { database: decoded(url.pathname.slice(1)) }),
    ...(url.username !== '' && { user: decoded(url.username) }),
    ...(url.password !== '' && { password: decoded(url.password) }),
    ...(/^(?:require|verify-ca|verify-full)$/.test(url.searchParams.get('sslmode') ?? '') && { ssl: true }),
  }
}
