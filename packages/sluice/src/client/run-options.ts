/** How a run is started from outside. */
export interface RunOptions {
  /** Of a flow: the name of its deployment. Without one it runs as an entrypoint of this project, in the pool given. */
  readonly deployment?: string
  /** When it is due. Default: now. */
  readonly at?: Date | string
  readonly name?: string
  readonly tags?: readonly string[]
  /** Each step counts as a minute of waiting (-100 to 100). */
  readonly priority?: number
  /** Only for a flow without a deployment. Default: `default`. */
  readonly pool?: string
  readonly queue?: string
  /** The same key gives the same run again, also after a lost answer. Default: a new one with every call. */
  readonly idempotencyKey?: string
}
