import type { NewDeploymentInput } from '@sluice/api'
import { findHomeDir } from '@sluice/api/node'
import { SluiceError } from '@sluice/core'
import { realpath } from 'node:fs/promises'
import type { DiscoveredDeployment } from '../discover/discovered.ts'
import { systemPlatform, thisMachine } from '../platform.ts'
import { contentHash } from '../source/content-hash.ts'
import { entryFile } from '../source/entry-file.ts'
import { keepCode } from '../source/kept-code.ts'

export interface PrepareOptions {
  readonly project: string
  /** The `.sluice` directory of this machine: where the code of the version is kept. Default: in the project. */
  readonly home?: string
}

/** Pins a declared deployment to the code as it is now, and keeps a copy for the runs of this version. Throws `FILE_NOT_FOUND`. */
export async function prepareDeployment(
  { file: _, ...declared }: DiscoveredDeployment,
  options: PrepareOptions,
): Promise<NewDeploymentInput> {
  const project = await realpath(options.project)
  const file = entryFile({ entrypoint: declared.entrypoint, flow: declared.flow })
  const content = await contentHash(project, file)
  if (!content) throw new SluiceError('FILE_NOT_FOUND', { file })
  const home = options.home ?? findHomeDir(project, thisMachine.env)
  await keepCode(home, project, content, () => systemPlatform.newId())
  return { ...declared, source: { kind: 'directory', path: project }, contentHash: content.hash }
}
