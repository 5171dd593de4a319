import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { FakeServer, type Submitted } from './fake-server.fixture.ts'

type Ask = { readonly kind: 'submit'; readonly run: Submitted } | { readonly kind: 'gap' }

/** A fake server in a process of its own: its event loop turns when that of the test is blocked. */
export class FakeServerProcess implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess

  static async start(): Promise<FakeServerProcess> {
    const child = fork(fileURLToPath(import.meta.url), { execArgv: ['--conditions=source'] })
    return new FakeServerProcess(child, (await answerOf(child)) as string)
  }

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  async submit(run: Submitted): Promise<string> {
    return (await this.#ask({ kind: 'submit', run })) as string
  }

  /** The longest time between two heartbeats so far. */
  async longestGapMs(): Promise<number> {
    return (await this.#ask({ kind: 'gap' })) as number
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.disconnect()
    await ended
  }

  #ask(ask: Ask): Promise<unknown> {
    this.#child.send(ask)
    return answerOf(this.#child)
  }
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', () => reject(new Error('the fake server has ended')))
  })
}

if (import.meta.main) {
  const server = await FakeServer.start()
  process.send?.(server.url)
  process.on('message', (ask: Ask) => {
    if (ask.kind === 'submit') void server.submit(ask.run).then((id) => process.send?.(id))
    else process.send?.(Math.max(...server.beats.slice(1).map(({ at }, i) => at - (server.beats[i]?.at ?? at))))
  })
  process.on('disconnect', () => void server[Symbol.asyncDispose]().then(() => process.exit(0)))
}
