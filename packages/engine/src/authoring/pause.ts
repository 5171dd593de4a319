import { type Duration, parseDuration, SluiceError } from '@sluice/core'
import { inputJsonSchema, type StandardSchema } from '../standard-schema.ts'
import { durableWait, requireFlowFrame } from '../wait/durable-wait.ts'
import type { Settled } from '../wait/wait-outcome.ts'
import { issuesOf } from './parameters.ts'
import { refuseUnknown } from './definition.ts'
import { timeIsUp } from './wait-timeout.ts'

/** What somebody is asked, and for how long. */
export interface PauseOptions<S extends StandardSchema = StandardSchema, D = never> {
  /** What the question is called: `sluice runs answer ID <key>`. */
  readonly key: string
  /** Any Standard Schema: what an answer must be. Default: anything. */
  readonly input?: S
  /** Default: for ever. */
  readonly timeout?: Duration
  /** The answer when nobody gave one in time; without it the pause throws `WAIT_TIMEOUT`. */
  readonly default?: D
  /** Shown to whoever answers. */
  readonly message?: string
}

type AnswerOf<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']

const known = new Set(['key', 'input', 'timeout', 'default', 'message'])

/**
 * Stops the flow until somebody answers, by the API, the UI or `sluice runs answer`. The answer is journaled: a run that is killed
 * and resumed does not ask again. The deadline is fixed when the pause is first recorded.
 *
 * Throws `WAIT_TIMEOUT`, `PARAMETERS_INVALID` for an answer that the schema refuses, `WAIT_IN_TASK` in a task.
 *
 * @example
 * const { approved } = await pause({ key: 'approve', input: z.object({ approved: z.boolean() }), timeout: '2d' })
 */
export function pause<S extends StandardSchema = StandardSchema, D = never>(
  options: PauseOptions<S, D>,
): Promise<AnswerOf<S> | D> {
  const answer = ask(options)
  // One that nobody awaits ends with its attempt, and that is no failure.
  answer.catch(() => undefined)
  return answer
}

async function ask(options: PauseOptions<StandardSchema, unknown>): Promise<unknown> {
  refuseUnknown(options, known, 'pause')
  const { key, input, message } = options
  if (typeof key !== 'string' || key.trim() === '' || key.length > 200)
    throw new SluiceError('OPTION_INVALID', { option: 'key', of: 'pause', problem: 'it must have 1 to 200 characters' })
  const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout)
  const here = requireFlowFrame('pause')
  const { root } = here.frame.facts
  const match = JSON.stringify({ schema: inputJsonSchema(input), ...(message !== undefined && { message }) })
  return durableWait(
    here,
    {
      kind: 'input',
      call: 'pause',
      version: undefined,
      inputs: root.canonical([key], 'pause'),
      name: key,
      timeoutMs,
      match,
      event: null,
    },
    {
      answered: async (text) => accepted(await root.values.decode({ text }), key, input),
      timedOut: () => timeIsUp(key, options),
    },
  )
}

async function accepted(value: unknown, key: string, schema: StandardSchema | undefined): Promise<Settled> {
  if (!schema) return { ok: true, value }
  const result = await schema['~standard'].validate(value)
  if (!result.issues) return { ok: true, value: result.value }
  return { ok: false, error: new SluiceError('PARAMETERS_INVALID', { wait: key, issues: issuesOf(result.issues) }) }
}
