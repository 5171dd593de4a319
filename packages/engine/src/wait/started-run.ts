import { fromStoredError, SluiceError } from '@sluice/core'
import type { Definition } from '../authoring/definition.ts'
import { parseParameters } from '../authoring/parameters.ts'
import { patiently, readJournaled } from '../run/patience.ts'
import type { RootRun } from '../run/root-run.ts'
import type { StartedOutcome, StartedRuns, StartRequest } from '../run-store.ts'
import type { CancelScope } from '../scope/cancel-scope.ts'
import type { Frame } from '../scope/frame.ts'
import type { FlowStartOptions, StartedRun } from '../types.ts'
import { keepForRetry } from './deliver-outcome.ts'
import { HeldWait } from './held-wait.ts'
import type { PlacedWait } from './place-wait.ts'
import type { Settled } from './wait-outcome.ts'

type Open = Exclude<PlacedWait, { readonly final: object }>

interface Starting {
  readonly parameters: unknown
  readonly options: FlowStartOptions
  readonly scope: CancelScope
}

/** A run that a flow has started, seen from its starter. */
export class StartedRunHandle implements StartedRun<unknown> {
  readonly id: string
  readonly name: string
  /** Somebody asked for the outcome. */
  observed = false
  readonly #frame: Frame
  readonly #definition: Definition
  #outcome: Promise<unknown> = Promise.resolve()
  #started: Promise<void> = Promise.resolve()

  constructor(frame: Frame, definition: Definition, placed: PlacedWait) {
    const row = placed.final ? placed.final.wait : placed.row
    this.id = row?.targetRunId ?? ''
    this.name = definition.name
    this.#frame = frame
    this.#definition = definition
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it can be awaited
  then<A = unknown, B = never>(
    onValue?: ((value: unknown) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#observe()
    return this.#outcome.then(onValue, onError)
  }

  result(): Promise<unknown> {
    return this.then((value) => value)
  }

  settled(): Promise<PromiseSettledResult<unknown>> {
    return this.then(
      (value): PromiseSettledResult<unknown> => ({ status: 'fulfilled', value }),
      (reason: unknown): PromiseSettledResult<unknown> => ({ status: 'rejected', reason }),
    )
  }

  /** The starter waits, before it ends, until the request has been made; nobody waits for the run's end. */
  cancel(reason: string = `${this.#frame.name} asked for it`): void {
    const { root } = this.#frame.facts
    const asked = this.#started.then(() => patiently(root, () => this.#starts.cancel(this.id, reason)))
    root.lingering.add(
      asked.catch((error: unknown) =>
        root.telling.log(40, `run ${this.id} was not cancelled: ${String(error)}`, null, root),
      ),
    )
  }

  toJSON(): never {
    throw new SluiceError('FUTURE_IN_JSON', { task: this.name })
  }

  follow(outcome: Promise<unknown>): void {
    // Nobody may ask for it.
    outcome.catch(() => undefined)
    this.#outcome = outcome
  }

  /** Journals the id, then starts the run, then waits for its end. The starter's attempt does not end before it is started. */
  async start(placed: Open, starting: Starting): Promise<{ readonly outcome: Promise<unknown> }> {
    const frame = this.#frame
    const { root } = frame.facts
    frame.enter(this)
    using _busy = root.idleness.busy()
    const started = Promise.withResolvers<void>()
    this.#started = started.promise
    const held = new HeldWait(frame, placed, {
      answered: () => this.#ended(),
      timedOut: () => ({ ok: true, value: undefined }),
      awaited: () => this.observed,
      observed: () => this.observed,
    })
    let refused: Settled | undefined
    // From now on: an attempt that times out ends without waiting for this, and the next must not start another run.
    keepForRetry(frame, { ...placed.row, status: 'cancelled', seq: 0 })
    try {
      await parseParameters(this.#definition, starting.parameters)
      const parameters = await root.values.encode(starting.parameters, `the parameters of ${this.name}`)
      if (!placed.registered) await root.journal.write((seq) => ({ kind: 'wait', row: { ...placed.row, seq } }))
      if (!starting.scope.reason && !root.ended)
        await patiently(root, () => this.#starts.start(this.#request(parameters, starting.options), this.#definition))
    } catch (error) {
      refused = { ok: false, error, refused: true }
    }
    started.resolve()
    const outcome = held.hold(starting.scope)
    if (refused) {
      outcome.catch(() => undefined).finally(() => frame.leave(this))
      await held.end('done', refused)
    } else {
      frame.leave(this)
      root.watching.lookSoon()
    }
    // Not awaited here: what only this process can finish is done.
    return { outcome }
  }

  get #starts(): StartedRuns {
    const { starts } = this.#frame.facts.root
    if (!starts) throw new SluiceError('START_UNAVAILABLE', { flow: this.name })
    return starts
  }

  #observe(): void {
    if (this.observed) return
    this.observed = true
    this.#frame.facts.root.idleness.changed()
  }

  #request(parameters: StartRequest['parameters'], options: FlowStartOptions): StartRequest {
    const { root } = this.#frame.facts
    return {
      id: this.id,
      by: { rootId: root.id, epoch: root.record.epoch },
      flow: this.name,
      entrypoint: root.entrypointOf(this.#definition),
      deployment: options.deployment,
      parameters,
      name: options.name,
      tags: options.tags ?? [],
      priority: options.priority,
    }
  }

  /** Undefined while it has not ended: whoever said so knew more than the store does. */
  async #ended(): Promise<Settled | undefined> {
    const { root } = this.#frame.facts
    const outcome = await patiently(root, () => this.#starts.outcome(this.id))
    return outcome && settledOf(outcome, this.id, root)
  }
}

async function settledOf({ state, result, error }: StartedOutcome, id: string, root: RootRun): Promise<Settled> {
  if (state.type === 'completed')
    return { ok: true, value: result ? await readJournaled(root, result, `run ${id}`) : undefined }
  if (error) return { ok: false, error: fromStoredError(error) }
  const problem = state.message
  const code = state.type === 'cancelled' ? 'RUN_CANCELLED' : 'RUN_CRASHED'
  return { ok: false, error: new SluiceError(code, { run: id, ...(problem !== undefined && { problem }) }) }
}
