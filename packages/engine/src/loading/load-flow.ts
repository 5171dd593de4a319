import { isSluiceError, SluiceError } from '@sluice/core'
import { whileImporting } from '../authoring/importing.ts'
import { definedFlows, entrypointOf } from '../authoring/registry.ts'
import type { AnyFlow } from '../types.ts'
import { statSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { chooseFlow, parseTarget, type Candidate } from './flow-target.ts'
import { importPlace, importProblem } from './import-problem.ts'

/**
 * Imports a file and picks its flow.
 *
 * @throws SluiceError `FILE_NOT_FOUND`, `IMPORT_FAILED`, `RUN_DURING_IMPORT`, `FLOW_NOT_FOUND`, `FLOW_AMBIGUOUS`.
 */
export async function loadFlow(target: string, dir: string): Promise<AnyFlow> {
  const { file, name } = parseTarget(target)
  const choice = chooseFlow(await exportedFlows(path.resolve(dir, file), file), name)
  if (choice.kind === 'found') return choice.flow
  if (choice.kind === 'ambiguous') throw new SluiceError('FLOW_AMBIGUOUS', { file, flows: choice.names })
  throw notFound(file, name, choice.known)
}

/**
 * The flow of a run that was recorded: the one that its file defines under its name, exported or not, else an export of
 * that name. Throws as {@link loadFlow} does.
 */
export async function loadRecordedFlow(
  run: { readonly entrypoint: string; readonly flow: string },
  project: string,
): Promise<AnyFlow> {
  const file = run.entrypoint.endsWith(`:${run.flow}`)
    ? run.entrypoint.slice(0, -run.flow.length - 1)
    : parseTarget(run.entrypoint).file
  const exported = await exportedFlows(path.resolve(project, file), file)
  const defined = definedFlows().find((flow) => entrypointOf(flow, project) === run.entrypoint)
  if (defined !== undefined) return defined
  const choice = chooseFlow(exported, run.flow)
  if (choice.kind === 'found') return choice.flow
  throw notFound(
    file,
    run.flow,
    exported.map((each) => each.exportName),
  )
}

function notFound(file: string, flow: string | undefined, known: readonly string[]): SluiceError {
  // With names that are near, the table of errors suggests the nearest; else all of them are told as what they are.
  const error = new SluiceError('FLOW_NOT_FOUND', { file, flow, known })
  if (error.message.includes('did you mean')) return error
  const problem = known.length === 0 ? 'it exports no flow' : `it exports ${known.join(', ')}`
  return new SluiceError('FLOW_NOT_FOUND', { file, flow, problem })
}

async function exportedFlows(file: string, shown: string): Promise<Candidate<AnyFlow>[]> {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isFile() !== true) throw new SluiceError('FILE_NOT_FOUND', { file: shown })
  const module = await importFile(file, shown)
  return Object.entries(module).flatMap(([exportName, flow]) =>
    isFlow(flow) ? [{ exportName, flowName: flow.name, flow }] : [],
  )
}

type Module = Readonly<Record<string, unknown>>

/** By path. A module is evaluated once in a process anyway; asking Node for it again resolves its path anew each time. */
const imported = new Map<string, Module>()

async function importFile(file: string, shown: string): Promise<Module> {
  const known = imported.get(file)
  if (known !== undefined) return known
  try {
    const module: Module = await whileImporting(() => import(pathToFileURL(file).href))
    imported.set(file, module)
    return module
  } catch (cause) {
    if (isSluiceError(cause, 'RUN_DURING_IMPORT')) throw cause
    const place = importPlace(cause)
    const at = place === undefined ? '' : ` (at ${place})`
    throw new SluiceError(
      'IMPORT_FAILED',
      { file: shown, problem: `${importProblem(cause) ?? String(cause)}${at}` },
      { cause },
    )
  }
}

/** By its shape: a flow changed by `with` shares its name with the first, and the registry lists one of each name. */
function isFlow(value: unknown): value is AnyFlow {
  return (
    typeof value === 'function' && 'fn' in value && 'options' in value && 'parameters' in value && !('map' in value)
  )
}
