import type { Secret } from '@sluice/core'
import { guarded } from '../home/saved-values.ts'
import { requireAmbient } from '../scope/ambient.ts'

/** The kinds of blocks, and what code gets of each. */
export interface Blocks {
  readonly Secret: { readonly value: Secret }
  /** What a URL says is told as its parts, so that it goes into `new PostgresDatabase(…)` as it is. */
  readonly PostgresDatabase: {
    readonly host?: string
    readonly port?: number
    readonly database?: string
    readonly user?: string
    readonly password?: Secret
    readonly ssl?: boolean
  }
  /** Goes into `new S3Bucket(…)` of @sluice/aws as it is. */
  readonly S3Bucket: {
    readonly bucket: string
    readonly region?: string
    readonly endpoint?: string
    readonly forcePathStyle?: boolean
    readonly accessKeyId?: string
    readonly secretAccessKey?: Secret
    readonly sessionToken?: Secret
  }
  /** Goes into `new GcsBucket(…)` of @sluice/gcp as it is. */
  readonly GcsBucket: { readonly bucket: string; readonly credentials?: Secret }
}

/**
 * The value of a variable, as it is now: a resumed run may find another one. Throws `VARIABLE_NOT_FOUND`.
 *
 * @example
 * const region = await variable<string>('region')
 */
export async function variable<T = unknown>(name: string): Promise<T> {
  return (await requireAmbient('variable').frame.facts.root.home.saved.variable(name)) as T
}

/**
 * A saved block, its secrets as `Secret`: reveal them where they are used. A run of a deployment opens those that it
 * names in `blocks`. Throws `BLOCK_NOT_FOUND`, `BLOCK_NOT_ALLOWED`.
 *
 * @example
 * const { value } = await block('Secret', 'api-key')
 * await fetch(url, { headers: { authorization: `Bearer ${value.reveal()}` } })
 */
export async function block<K extends keyof Blocks>(kind: K, name: string): Promise<Blocks[K]> {
  const fields = await requireAmbient('block').frame.facts.root.home.saved.block(kind, name)
  return guarded(kind, fields) as unknown as Blocks[K]
}
