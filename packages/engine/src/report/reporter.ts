import { SluiceError } from '@sluice/core'
import type { Reporter } from '../types.ts'
import { colorFrom, type Environment, isSet } from './environment.ts'
import { directStream, interceptWrites } from './intercept-writes.ts'
import { jsonReporter } from './json-reporter.ts'
import { LiveReporter, type LiveHost } from './live-reporter.ts'
import { PlainReporter } from './plain-reporter.ts'
import { onProcessExit, standardError, systemClock, terminalStreams } from './platform.ts'
import type { ReportClock, ReportStream } from './report-stream.ts'
import { silentReporter } from './silent-reporter.ts'

/** `live`: a tree that redraws itself. `plain`: lines for people. `json`: lines for machines. `silent`: nothing. */
export type ReporterMode = 'live' | 'plain' | 'json' | 'silent'

export interface ReporterOptions {
  readonly stream: ReportStream
  readonly mode: ReporterMode
  readonly color: boolean
  readonly clock: ReportClock
  /** Log entries below this level are not shown by `live` and `plain`. Default 30 (info). */
  readonly minLevel?: number
  /** What a live view takes from its process: the end of it, and the writes of others. Default: nothing. */
  readonly process?: Omit<LiveHost, 'clock'>
}

/** A reporter of the mode asked for. It starts a timer with its first root run and stops it with its last. */
export function createReporter(options: ReporterOptions): Reporter {
  const { stream, color, clock, minLevel = 30 } = options
  if (options.mode === 'json') return jsonReporter(stream)
  if (options.mode === 'plain') return new PlainReporter({ stream, color, clock, minLevel })
  if (options.mode === 'silent') return silentReporter
  const around = options.process ?? { onExit: () => () => undefined, intercept: () => () => undefined }
  return new LiveReporter({ stream, color, minLevel, host: { clock, ...around } })
}

/**
 * The reporter that fits a process. `SLUICE_LOG` names the mode; otherwise `live` in a terminal and `plain` in pipes and in
 * CI. `SLUICE_LOG_LEVEL` (`debug`, `warn`, …) sets what logs are shown; `NO_COLOR` and `FORCE_COLOR` are honoured.
 *
 * Reports go to standard error: standard output belongs to the flow, so that `sluice run … | jq` sees only the result.
 */
export function reporterFromEnvironment(
  env: Environment = process.env,
  stream: ReportStream = standardError(),
  clock: ReportClock = systemClock,
): Reporter {
  const direct = directStream(stream)
  return createReporter({
    stream: direct,
    mode: modeFrom(env, stream),
    color: colorFrom(env, stream),
    clock,
    minLevel: levelFrom(env),
    process: { onExit: onProcessExit, intercept: (onText) => interceptWrites(terminalStreams(), onText) },
  })
}

/**
 * The mode that the environment asks for. A live view needs a terminal that can move its cursor, whoever asks for it.
 * Throws `OPTION_INVALID` for a `SLUICE_LOG` that is none: silence is what nobody expects of a typing mistake.
 */
export function modeFrom(env: Environment, stream: ReportStream): ReporterMode {
  const terminal = stream.isTTY === true && env['TERM'] !== 'dumb'
  const asked = env['SLUICE_LOG']
  if (asked === 'json' || asked === 'plain' || asked === 'silent') return asked
  if (asked !== undefined && asked !== '' && asked !== 'live')
    throw new SluiceError('OPTION_INVALID', {
      option: 'SLUICE_LOG',
      problem: `'${asked}' is not one of live, plain, json, silent`,
    })
  if (!terminal) return 'plain'
  return asked === 'live' || !isSet(env['CI']) ? 'live' : 'plain'
}

const levels: Readonly<Record<string, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 }

function levelFrom(env: Environment): number {
  return levels[env['SLUICE_LOG_LEVEL']?.toLowerCase() ?? 'info'] ?? 30
}
