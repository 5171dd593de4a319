import { SluiceError } from '@sluice/core'
import type { AnyFlow, DeployOptions } from '@sluice/engine'
import { existsSync } from 'node:fs'
import path from 'node:path'

/** What `sluice.config.ts` says about flows. */
export interface ProjectConfig {
  /** Relative to the project. */
  readonly file: string
  /** Globs. */
  readonly flows: readonly string[] | undefined
  readonly deployments: readonly ConfiguredDeployment[]
}

export interface ConfiguredDeployment {
  readonly flow: AnyFlow | undefined
  readonly entrypoint: string | undefined
  readonly options: DeployOptions
}

const names = ['sluice.config.ts', 'sluice.config.mts', 'sluice.config.js', 'sluice.config.mjs']
const known = new Set(['flows', 'deployments'])

/** The project's configuration, once its module is imported; undefined when it has none. Throws `CONFIG_INVALID`. */
export async function readConfig(
  project: string,
  importModule: (file: string) => Promise<Readonly<Record<string, unknown>>>,
): Promise<ProjectConfig | undefined> {
  const file = names.find((name) => existsSync(path.join(project, name)))
  if (file === undefined) return undefined
  const { default: config } = await importModule(file)
  const refuse = (problem: string): never => {
    throw new SluiceError('CONFIG_INVALID', { file, problem })
  }
  if (typeof config !== 'object' || config === null) return refuse('its default export must be an object')
  const unknown = Object.keys(config).find((name) => !known.has(name))
  if (unknown !== undefined) return refuse(`'${unknown}' is not known; there are ${[...known].join(', ')}`)
  const { flows, deployments = [] } = config as { readonly flows?: unknown; readonly deployments?: unknown }
  if (flows !== undefined && !isTexts(flows)) return refuse("'flows' must be a list of globs")
  if (!Array.isArray(deployments)) return refuse("'deployments' must be a list")
  return {
    file,
    flows: flows as readonly string[] | undefined,
    deployments: deployments.map((each) => read(each, refuse)),
  }
}

function read(given: unknown, refuse: (problem: string) => never): ConfiguredDeployment {
  if (typeof given !== 'object' || given === null) return refuse('a deployment must be an object')
  const { flow, entrypoint, ...options } = given as {
    readonly flow?: unknown
    readonly entrypoint?: unknown
  } & DeployOptions
  if (entrypoint !== undefined && typeof entrypoint !== 'string')
    return refuse("an 'entrypoint' is text: file.ts:export")
  if (typeof flow === 'string') return { flow: undefined, entrypoint: entrypoint ?? flow, options }
  if ((flow === undefined) === (entrypoint === undefined))
    return refuse("a deployment needs either 'flow' or 'entrypoint'")
  return { flow: flow as AnyFlow | undefined, entrypoint, options }
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
