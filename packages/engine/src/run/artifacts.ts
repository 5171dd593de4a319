import { clip, maskSecrets, SluiceError } from '@sluice/core'
import type { Artifact } from '@sluice/store'
import type { Frame } from '../scope/frame.ts'
import { plainData } from './plain-data.ts'
import type { RootRun } from './root-run.ts'
import type { Progress } from '../types.ts'

/** Progress is kept at most this often; the last report always is. */
const progressEveryMs = 1_000
const longestKey = 200
const longestDescription = 5_000
/** Characters as JSON: what is larger belongs into a file, with a link to it. */
const largestArtifact = 2_000_000

/** Journals artifacts of a run. Written again, a key replaces what its task or flow run wrote before. */
export class Artifacts {
  readonly #root: RootRun
  readonly #waiting = new Map<string, { readonly frame: Frame; progress: Progress }>()
  #stopTimer: (() => void) | undefined

  constructor(root: RootRun) {
    this.#root = root
  }

  /** Throws `OPTION_INVALID` for what could not be kept: the journal must never stand still for it. */
  write(frame: Frame, content: Content): void {
    const { platform, journal, id } = this.#root
    const now = platform.now()
    frame.facts.note?.()
    const row: Artifact = {
      ...checked(content),
      id: platform.newId(),
      rootId: id,
      runId: frame.facts.runId,
      taskRunId: frame.facts.taskRunId ?? null,
      createdAt: now,
      updatedAt: now,
    }
    journal.append(() => ({ kind: 'artifact', row }))
  }

  progress(frame: Frame, progress: Progress): void {
    this.#waiting.set(frame.key, { frame, progress })
    this.#stopTimer ??= this.#root.platform.after(progressEveryMs, () => this.flush(), true)
  }

  flush(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    for (const { frame, progress } of this.#waiting.values())
      this.write(frame, { key: 'progress', kind: 'progress', data: countOf(progress), description: null })
    this.#waiting.clear()
  }
}

type Content = Pick<Artifact, 'key' | 'kind' | 'data' | 'description'>

function checked({ key, kind, data, description }: Content): Content {
  if (typeof key !== 'string' || key === '' || key.length > longestKey)
    throw refusal('key', `it must have 1 to ${longestKey} characters`)
  try {
    return {
      key,
      kind,
      data: plainData(data, largestArtifact),
      description: description === null ? null : clip(maskSecrets(description), longestDescription),
    }
  } catch (cause) {
    throw refusal('data', cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function refusal(option: string, problem: string, cause?: unknown): SluiceError {
  return new SluiceError('OPTION_INVALID', { option, of: 'run.artifact', problem }, { cause })
}

/** Kept later, when nobody could be told of anything wrong with it. */
function countOf({ done, total, label }: Progress): Artifact['data'] {
  return {
    done,
    ...(total !== undefined && { total }),
    ...(label !== undefined && { label: clip(label, longestKey) }),
  }
}
