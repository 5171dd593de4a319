import { SluiceError } from '@sluice/core'
import type { Definition } from './definition.ts'
import type { AnyFlow } from '../types.ts'

const definitions = new WeakMap<object, Definition>()
const flows = new Map<string, AnyFlow>()

/** Ties a callable to its definition. A flow is also listed, the last one of each (file, name). */
export function register(callable: object, definition: Definition): void {
  definitions.set(callable, definition)
  if (definition.kind === 'flow') flows.set(`${definition.file ?? ''}\0${definition.name}`, callable as AnyFlow)
}

export function definitionOf(callable: object): Definition | undefined {
  return definitions.get(callable)
}

/** Throws `FLOW_NOT_FOUND` for anything but a flow. */
export function requireFlow(flow: object): Definition {
  const definition = definitionOf(flow)
  if (definition?.kind !== 'flow') throw new SluiceError('FLOW_NOT_FOUND', { problem: 'what was given is not a flow' })
  return definition
}

/** Every flow defined in this process so far. */
export function definedFlows(): readonly AnyFlow[] {
  return [...flows.values()]
}

/** The file that defines a flow or task, absolute. */
export function fileOf(callable: object): string | undefined {
  return definitions.get(callable)?.file
}

/** `file:name` of a flow, the file relative to `project` when it is below; null for a flow that no file defines. */
export function entrypointOf(callable: object, project: string): string | null {
  const definition = definitions.get(callable)
  if (definition?.file === undefined) return null
  const file = definition.file.startsWith(`${project}/`) ? definition.file.slice(project.length + 1) : definition.file
  return `${file}:${definition.name}`
}
