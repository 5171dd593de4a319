import { checkpointKey, type WaitKind } from '@sluice/core'
import type { WaitRecord } from '@sluice/store'
import type { Checkpoint } from '../journal/checkpoints.ts'
import type { Frame } from '../scope/frame.ts'

/** A wait as the code asks for it. */
export interface WaitRequest {
  readonly kind: WaitKind
  /** Stands in the checkpoint key where the name of a call stands. */
  readonly call: string
  readonly version: string | undefined
  /** The canonical text of what makes two such waits equal. */
  readonly inputs: string
  readonly name: string | null
  readonly timeoutMs: number | undefined
  readonly match: string | null
  readonly event: WaitRecord['event']
  /** Waits for a run: the id it gets when there is none under this key yet. */
  readonly newTarget?: () => string
}

/** A wait in its run: over already, or its open row. */
export type PlacedWait =
  | { readonly final: Checkpoint }
  | {
      readonly final?: undefined
      readonly row: Omit<WaitRecord, 'seq'>
      /** An earlier process wrote the row. */
      readonly registered: boolean
      /** A clock that went back between two processes must not make a wait longer than it was. */
      readonly longestMs: number
    }

/**
 * Takes the key of a wait and looks for what the journal has under it. An open one goes on with its id and its deadline; one that was
 * cancelled or dropped begins anew, except that a run which was started for it stays the one it waits for.
 */
export function placeWait(frame: Frame, request: WaitRequest): PlacedWait {
  const { root, scope, runId } = frame.facts
  const { kind, call: name, version, inputs } = request
  const ordinal = frame.ordinal(name, version, inputs)
  const key = checkpointKey({ scope, name, version, inputs, ordinal })
  const found = root.checkpoints.get(key)
  root.checkpoints.claim(key)
  if (found?.final) return { final: found }
  if (!found) root.checkpoints.ranAnew(kind)
  const known = found?.wait?.checkpoint ? found.wait : undefined
  const open = known?.status === 'open' ? known : undefined
  // Found again: what is left of these at the end of the run is what the code did not come to any more.
  if (open) root.checkpoints.forget([key])
  const now = root.platform.now()
  const timeoutMs = request.timeoutMs ?? Number.POSITIVE_INFINITY
  const deadline = Number.isFinite(timeoutMs) ? Math.round(now + timeoutMs * 1000) : null
  const row = {
    id: open?.id ?? root.platform.newId(),
    rootId: root.id,
    runId,
    parentTaskId: null,
    key,
    kind,
    name: request.name,
    deadline: open ? open.deadline : deadline,
    match: request.match,
    event: request.event,
    targetRunId: known?.targetRunId ?? request.newTarget?.() ?? null,
    status: 'open',
    outcome: null,
    answer: open?.answer ?? null,
    checkpoint: true,
    createdAt: open?.createdAt ?? now,
    endedAt: null,
  } as const
  return { row, registered: open !== undefined, longestMs: timeoutMs }
}
