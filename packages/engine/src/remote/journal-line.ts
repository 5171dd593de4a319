import { type Platform, systemPlatform } from '../platform.ts'
import type { EngineClient } from './engine-client.ts'
import { type JournalLink, openJournalLink } from './journal-link.ts'

/** Sends the batches of several runs together. */
export type SendTogether = EngineClient['appendJournals']

export interface JournalLineOptions {
  readonly urls: readonly string[]
  readonly request: SendTogether
  readonly open?: (url: string, token: string) => Promise<JournalLink>
  readonly platform?: Pick<Platform, 'now' | 'after'>
}

/** A process that has sent so many requests will send more. */
const worthIt = 16
/** In ms. Default of a request that says nothing. */
const longest = 30_000
const firstPauseMs = 5_000
const longestPauseMs = 600_000

/**
 * Where the journals of a process go: in requests, until there are many, and then over a connection that stays open. While there is none
 * (a server of before, a proxy that allows none, a connection that was lost) requests carry them as well; it is tried again later, each
 * time after a longer pause.
 */
export class JournalLine implements Disposable {
  readonly #options: JournalLineOptions
  readonly #platform: Pick<Platform, 'now' | 'after'>
  #link: JournalLink | undefined
  #requests = 0
  #opening = false
  #failures = 0
  #notBefore = 0
  #closed = false

  constructor(options: JournalLineOptions) {
    this.#options = options
    this.#platform = options.platform ?? systemPlatform
  }

  get isLinked(): boolean {
    return this.#link?.isOpen === true
  }

  /** One more request has been made for this line. */
  count(token: string): void {
    this.#requests++
    if (this.#requests < worthIt || this.#opening || this.isLinked || this.#closed) return
    if (this.#platform.now() / 1_000 < this.#notBefore) return
    void this.#open(token)
  }

  readonly send: SendTogether = (input) => {
    if (this.#link?.isOpen === true) return this.#link.send(input.body.batches, input.timeoutMs ?? longest)
    const [first] = input.body.batches
    if (first !== undefined) this.count(first.token)
    return this.#options.request(input)
  };

  [Symbol.dispose](): void {
    this.#closed = true
    this.#link?.[Symbol.dispose]()
  }

  async #open(token: string): Promise<void> {
    const { urls, open = openJournalLink } = this.#options
    this.#opening = true
    try {
      const link = await open(urls[this.#failures % urls.length] ?? '', token)
      if (this.#closed) return link[Symbol.dispose]()
      this.#link = link
      this.#failures = 0
      this.#requests = 0
    } catch {
      const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures)
      this.#failures++
      this.#notBefore = this.#platform.now() / 1_000 + pause
    } finally {
      this.#opening = false
    }
  }
}
