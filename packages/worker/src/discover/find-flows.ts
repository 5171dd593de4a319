import { isSluiceError, SluiceError } from '@sluice/core'
import {
  type AnyFlow,
  declaredDeployments,
  type DeploymentDeclaration,
  definedFlows,
  entrypointOf,
  fileOf,
  type Flow,
  inputJsonSchema,
  whileImporting,
} from '@sluice/engine'
import { importPlace, importProblem, loadFlow } from '@sluice/engine/loading'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { declaredDeployment } from './declared-deployment.ts'
import type { Discovered, DiscoveredFlow, DiscoveryOrder, DiscoveryProblem, JsonObject } from './discovered.ts'
import { defaultFlows, projectFiles } from './project-files.ts'
import { type ConfiguredDeployment, type ProjectConfig, readConfig } from './read-config.ts'

type Module = Readonly<Record<string, unknown>>

/** Imports what a project's files and configuration name, into this process, and tells what they define and declare. */
export async function findFlows(order: DiscoveryOrder, importing: (file: string) => void): Promise<Discovered> {
  return new Discovery(order, importing).find()
}

class Discovery {
  readonly #project: string
  readonly #order: DiscoveryOrder
  readonly #importing: (file: string) => void
  readonly #modules = new Map<string, Module>()
  readonly #problems: DiscoveryProblem[] = []

  constructor(order: DiscoveryOrder, importing: (file: string) => void) {
    this.#project = order.project
    this.#order = order
    this.#importing = importing
  }

  async find(): Promise<Discovered> {
    const config = await this.#config()
    const globs = this.#order.files ?? config?.flows ?? defaultFlows
    const files = projectFiles(this.#project, globs)
    for (const glob of this.#order.files ?? [])
      if (!files.includes(projectFiles(this.#project, [glob])[0] ?? ''))
        this.#note(glob, new SluiceError('FILE_NOT_FOUND', { file: glob }))
    for (const file of files) await this.#attempt(file, () => this.#import(file))
    for (const declared of config?.deployments ?? [])
      await this.#attempt(config?.file ?? '', () => this.#declare(declared))
    return { flows: this.#flows(), deployments: this.#deployments(), problems: this.#problems }
  }

  async #config(): Promise<ProjectConfig | undefined> {
    let config: ProjectConfig | undefined
    await this.#attempt('sluice.config.ts', async () => {
      config = await readConfig(this.#project, (file) => this.#import(file))
    })
    return config
  }

  async #import(file: string): Promise<Module> {
    this.#importing(file)
    const url = pathToFileURL(path.join(this.#project, file)).href
    const module = (await whileImporting(() => import(url))) as Module
    this.#modules.set(file, module)
    return module
  }

  /** A deployment of the configuration is declared as one of a file is. */
  async #declare({ flow, entrypoint, options }: ConfiguredDeployment): Promise<void> {
    const found = (flow ?? (await loadFlow(entrypoint ?? '', this.#project))) as Flow<unknown, unknown>
    await whileImporting(() => found.deploy(options))
  }

  #flows(): readonly DiscoveredFlow[] {
    return definedFlows()
      .filter((flow) => this.#isOurs(flow))
      .map((flow) => this.#describe(flow))
      .toSorted((a, b) => (a.entrypoint < b.entrypoint ? -1 : 1))
  }

  #isOurs(flow: AnyFlow): boolean {
    const file = fileOf(flow)
    if (file === undefined) return false
    const relative = path.relative(this.#project, file)
    return !relative.startsWith('..') && !relative.split(path.sep).includes('node_modules')
  }

  #describe(flow: AnyFlow): DiscoveredFlow {
    const file = path.relative(this.#project, fileOf(flow) ?? '')
    const exported = this.#exportOf(flow)
    const { options } = flow as AnyFlow & {
      readonly options: { readonly description?: string; readonly tags?: readonly string[] }
    }
    return {
      name: flow.name,
      description: options.description ?? null,
      tags: options.tags ?? [],
      file: exported?.file ?? file,
      exportName: exported?.name ?? null,
      entrypoint: this.#entrypoint(flow) ?? `${file}:${flow.name}`,
      parameterSchema: schemaOf(flow),
    }
  }

  #entrypoint(flow: AnyFlow): string | null {
    const exported = this.#exportOf(flow)
    return exported ? `${exported.file}:${exported.name}` : entrypointOf(flow, this.#project)
  }

  /** In the file that defines it, when that exports it; else in any that does. */
  #exportOf(flow: AnyFlow): { readonly file: string; readonly name: string } | undefined {
    const own = path.relative(this.#project, fileOf(flow) ?? '')
    const files = [own, ...this.#modules.keys()]
    for (const file of files) {
      const found = Object.entries(this.#modules.get(file) ?? {}).find(([, value]) => value === flow)
      if (found) return { file, name: found[0] }
    }
    return undefined
  }

  #deployments(): Discovered['deployments'] {
    const names = new Set<string>()
    return declaredDeployments().flatMap((declaration) => {
      const file = path.relative(this.#project, fileOf(declaration.flow) ?? '')
      try {
        return [{ ...this.#declared(declaration, names), file }]
      } catch (error) {
        // A declaration that its file awaited has failed there before.
        if (!this.#problems.some((problem) => problem.message === messageOf(error))) this.#note(file, error)
        return []
      }
    })
  }

  #declared(declaration: DeploymentDeclaration, names: Set<string>): ReturnType<typeof declaredDeployment> {
    const { flow, name } = declaration
    const fullName = `${flow.name}/${name}`
    const refuse = (problem: string): never => {
      throw new SluiceError('OPTION_INVALID', { option: fullName, of: 'the deployments', problem })
    }
    if (names.has(fullName)) return refuse('two deployments have this name')
    names.add(fullName)
    const entrypoint = this.#entrypoint(flow) ?? refuse('its flow is in no file')
    return declaredDeployment(declaration, entrypoint, schemaOf(flow))
  }

  async #attempt(file: string, fn: () => Promise<unknown>): Promise<void> {
    try {
      await fn()
    } catch (error) {
      this.#note(file, error)
    }
  }

  #note(file: string, error: unknown): void {
    const code = isSluiceError(error) ? error.code : 'IMPORT_FAILED'
    this.#problems.push({ file, line: lineOf(error, file), code, message: messageOf(error) })
  }
}

/** Where in this file it went wrong; else nothing: the line of another would mislead. */
function lineOf(error: unknown, file: string): number | null {
  const frames = `${importPlace(error) ?? ''}\n${error instanceof Error ? (error.stack ?? '') : ''}`.split('\n')
  const line = frames.map((frame) => frame.split(`/${file}:`)[1]).find((rest) => rest !== undefined)
  const number = Number.parseInt(line ?? '', 10)
  return Number.isNaN(number) ? null : number
}

function messageOf(error: unknown): string {
  if (isSluiceError(error)) return error.message
  return importProblem(error) ?? (error instanceof Error ? `${error.name}: ${error.message}` : String(error))
}

function schemaOf(flow: AnyFlow): JsonObject | null {
  const schema = inputJsonSchema(flow.parameters)
  return typeof schema === 'object' && schema !== null ? (schema as JsonObject) : null
}
