import type { Assignment } from '@sluice/api'
import { canonicalize, SluiceError } from '@sluice/core'
import type { CodePlace, CodePlaces } from '../source/code-places.ts'
import { entryFile } from '../source/entry-file.ts'
import { type JobVariables, readJobVariables } from './job-variables.ts'

/** What a run needs of its process. */
export interface LaunchPlan extends JobVariables {
  readonly code: CodePlace
  readonly file: string
  readonly entrypoint: string
  /** Runs with the same key may follow each other in one process. */
  readonly key: string
}

/** Throws what makes a run impossible here, before anything is started for it. */
export async function planLaunch(
  assignment: Assignment,
  { places, project }: { readonly places: CodePlaces; readonly project: string },
): Promise<LaunchPlan> {
  const { run, deployment, jobVariables } = assignment
  const entrypoint = assignment.entrypoint ?? run.entrypoint
  if (entrypoint === null)
    throw new SluiceError('FLOW_NOT_FOUND', { flow: run.flow, problem: 'the run does not say which file defines it' })
  const variables = readJobVariables(jobVariables)
  const file = entryFile({ entrypoint, flow: run.flow })
  const directory = assignment.source?.path ?? project
  const code = await places.find({ directory, file, pinned: deployment?.contentHash ?? null, flow: run.flow })
  const key = canonicalize([deployment?.id ?? null, code.project, file, code.hash, jobVariables], {})
  return { ...variables, code, file, entrypoint, key }
}
