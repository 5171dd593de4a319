import { SluiceError } from '@sluice/core'
import type { Artifact } from '@sluice/store'
import { ambient, type Ambient, requireAmbient, runIn } from '../scope/ambient.ts'
import { CancelScope } from '../scope/cancel-scope.ts'
import type { ArtifactWriter, MaybePromise, Run, RunLog } from '../types.ts'

const here = (what: string): Ambient => requireAmbient(`run.${what}`)

/** The ambient context of the running flow or task. */
export const run: Run = {
  get id() {
    return here('id').frame.facts.runId
  },
  get taskRunId() {
    return here('taskRunId').frame.facts.taskRunId
  },
  get name() {
    return here('name').frame.name
  },
  get attempt() {
    return here('attempt').frame.facts.attempt
  },
  get key() {
    return here('key').frame.key
  },
  get parameters() {
    return here('parameters').frame.facts.parameters
  },
  get signal() {
    const { frame, shield } = here('signal')
    return (shield ?? frame.facts.cancel).signal
  },
  get interval() {
    const interval = here('interval').frame.facts.root.record.origin?.interval
    return interval ? { start: new Date(interval.start / 1000), end: new Date(interval.end / 1000) } : undefined
  },
  get deployment() {
    return here('deployment').frame.facts.root.home.deployment
  },
  get log() {
    here('log')
    return log
  },
  get now() {
    return new Date(here('now').frame.facts.root.startedAt / 1000)
  },
  random: () => here('random').frame.random(),
  progress(progress) {
    const { frame } = here('progress')
    frame.facts.root.telling.progress(frame, typeof progress === 'number' ? { done: progress, total: 1 } : progress)
  },
  get artifact() {
    here('artifact')
    return artifact
  },
  shield: shielded,
}

const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50 } as const

const log = Object.fromEntries(
  Object.entries(levels).map(([name, level]) => [
    name,
    (message: string, fields?: Readonly<Record<string, unknown>>) => {
      const frame = ambient()?.frame
      if (!frame) throw new SluiceError('OUTSIDE_RUN', { what: `run.log.${name}` })
      frame.facts.root.telling.log(level, message, fields ?? null, frame.source)
    },
  ]),
) as unknown as RunLog

const artifact: ArtifactWriter = {
  markdown: (key, markdown, options) => write(key, 'markdown', { markdown }, options?.description),
  table: (key, rows, options) => write(key, 'table', { columns: columnsOf(rows), rows }, options?.description),
  link: (key, url, options) => write(key, 'link', { url, text: options?.text ?? url }, options?.description),
}

function write(key: string, kind: Artifact['kind'], data: Artifact['data'], description: string | undefined): void {
  const { frame } = here('artifact')
  frame.facts.root.telling.artifact(frame, { key, kind, data, description: description ?? null })
}

function columnsOf(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))]
}

/** Inside, calls work although the run was cancelled; the run waits for it before it ends. */
function shielded<T>(fn: () => MaybePromise<T>): Promise<T> {
  const { frame } = here('shield')
  const work = runIn({ frame, shield: new CancelScope() }, async () => fn())
  frame.facts.root.lingering.add(work)
  return work
}
