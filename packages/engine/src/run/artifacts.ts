import { maskSecrets } from '@sluice/core'
import type { Artifact } from '@sluice/store'
import type { Frame } from '../scope/frame.ts'
import type { RootRun } from './root-run.ts'
import type { Progress } from '../types.ts'

/** Progress is kept at most this often; the last report always is. */
const progressEveryMs = 1_000

/** Journals artifacts of a run. Written again, a key replaces what its task or flow run wrote before. */
export class Artifacts {
  readonly #root: RootRun
  readonly #waiting = new Map<string, { readonly frame: Frame; progress: Progress }>()
  #stopTimer: (() => void) | undefined

  constructor(root: RootRun) {
    this.#root = root
  }

  write(frame: Frame, content: Pick<Artifact, 'key' | 'kind' | 'data' | 'description'>): void {
    const { platform, journal, id } = this.#root
    const now = platform.now()
    frame.facts.note?.()
    const row: Artifact = {
      ...content,
      description: content.description === null ? null : maskSecrets(content.description),
      data: JSON.parse(maskSecrets(JSON.stringify(content.data, plain))) as Artifact['data'],
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
      this.write(frame, { key: 'progress', kind: 'progress', data: { ...progress }, description: null })
    this.#waiting.clear()
  }
}

function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
