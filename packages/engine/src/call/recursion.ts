import { SluiceError } from '@sluice/core'
import type { Definition } from '../authoring/definition.ts'
import type { Frame } from '../scope/frame.ts'

const deepest = 200

/**
 * The error for a call that lies too deep. Once a run has had one, no task or flow of it may call itself any more: a recursion
 * without end that branches would look for the bottom of each of its 2²⁰⁰ branches.
 */
export function recursionError(definition: Definition, frame: Frame): SluiceError | undefined {
  const { root } = frame.facts
  root.tooDeep ||= frame.depth >= deepest
  if (!root.tooDeep || (frame.depth < deepest && !isInside(definition, frame))) return undefined
  return new SluiceError('RECURSION_TOO_DEEP', { [definition.kind]: definition.name, limit: `${deepest} levels` })
}

/** Whether a call made in this frame would be inside another call of the same task or flow. */
export function isInside(definition: Definition, frame: Frame): boolean {
  for (let at: Frame | undefined = frame; at; at = at.facts.parent) if (at.facts.definition === definition) return true
  return false
}
