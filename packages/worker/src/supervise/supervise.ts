import type { DeploymentJson, NewDeploymentInput } from '@sluice/api'
import { createClient, findHomeDir } from '@sluice/api/node'
import type { Client } from '@sluice/api/client'
import { toStoredError } from '@sluice/core'
import { realpath } from 'node:fs/promises'
import { discover } from '../discover/discover.ts'
import type { Discovered, DiscoveredDeployment, DiscoveredFlow, DiscoveryProblem } from '../discover/discovered.ts'
import { systemPlatform, thisMachine, type WorkerPlatform } from '../platform.ts'
import { startWorker, type Worker, type WorkerOptions } from '../start-worker.ts'
import { standardLog, type WorkerLog } from '../worker-log.ts'
import { prepareDeployment } from './prepare-deployment.ts'
import { sameWithNewCode } from './same-with-new-code.ts'
import { watchProject } from './watch-project.ts'

export interface SuperviseOptions {
  /** Of a running server. */
  readonly url: string
  readonly token: string
  readonly project: string
  /** The `.sluice` directory. Default: in the project. */
  readonly home?: string
  /** Globs or files. Left out: what `sluice.config.ts` names, else `flows/**` and `*.flow.ts`. */
  readonly files?: readonly string[]
  /** The worker that runs what is due. Default: of the pool `default`. False: none. */
  readonly worker?: Partial<WorkerOptions> | false
  /** Follows changes of the code. Default true. */
  readonly watch?: boolean
  readonly log?: WorkerLog
  /** Told after every look at the project, the first one included. */
  readonly onLook?: (look: ProjectLook) => void
  readonly platform?: WorkerPlatform
}

/** What one look at the project came to. */
export interface ProjectLook {
  readonly discovered: Discovered
  readonly deployments: readonly MadeDeployment[]
  /** `flow/name` of deployments of this project that nothing declares any more. They are still there. */
  readonly undeclared: readonly string[]
  /** Of the discovery and of deploying. */
  readonly problems: readonly DiscoveryProblem[]
  /** The files whose change led to it; empty for the first look. */
  readonly changed: readonly string[]
  readonly tookMs: number
}

export interface MadeDeployment {
  readonly deployment: DeploymentJson
  readonly created: boolean
  readonly changed: boolean
}

/** Keeps a server's deployments as the project's code declares them, and runs what is due. */
export interface Supervisor extends AsyncDisposable {
  readonly worker: Worker | undefined
  /** The last look. */
  readonly look: ProjectLook
  /** Drains the worker; with `now`, at once. */
  stop(options?: { readonly now?: boolean }): Promise<void>
}

const settleMs = 100

/**
 * What `sluice dev` does beside its server: finds flows and deployments in a process of their own, deploys what is declared, follows the
 * code, and runs a worker. Nothing that is wrong with the code ends it. Rejects only when the server refuses it.
 */
export async function supervise(options: SuperviseOptions): Promise<Supervisor> {
  const project = await realpath(options.project)
  const supervision = new Supervision({ ...options, project })
  await supervision.first()
  return supervision
}

class Supervision implements Supervisor {
  readonly #options: SuperviseOptions & { readonly project: string }
  readonly #client: Client
  readonly #platform: WorkerPlatform
  readonly #home: string
  /** What was last made of each declaration: the same again is not sent again. */
  readonly #made = new Map<string, { readonly text: string; readonly deployment: MadeDeployment }>()
  #worker: Worker | undefined
  #look: ProjectLook | undefined
  #watch: Disposable | undefined
  #looking: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(options: SuperviseOptions & { readonly project: string }) {
    this.#options = options
    this.#client = createClient({ url: options.url, token: options.token, retry: { times: 5 } })
    this.#platform = options.platform ?? systemPlatform
    this.#home = options.home ?? findHomeDir(options.project, thisMachine.env)
  }

  get worker(): Worker | undefined {
    return this.#worker
  }

  get look(): ProjectLook {
    if (!this.#look) throw new Error('the first look is not done')
    return this.#look
  }

  async first(): Promise<void> {
    const { url, token, project, worker, log } = this.#options
    // The watch before the look: what changes meanwhile is looked at again.
    if (this.#options.watch !== false) this.#watchCode()
    try {
      await this.#lookAt([])
    } catch (error) {
      await this.stop({ now: true })
      throw error
    }
    if (worker !== false)
      this.#worker = startWorker({
        url,
        token,
        pool: 'default',
        project,
        home: this.#home,
        ...(log && { log }),
        ...worker,
      })
  }

  async stop(how: { readonly now?: boolean } = {}): Promise<void> {
    this.#stopped = true
    this.#watch?.[Symbol.dispose]()
    await this.#looking.catch(() => undefined)
    await this.#worker?.stop(how)
    await this.#client[Symbol.asyncDispose]()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop({ now: true })
  }

  #watchCode(): void {
    const { project, log = standardLog } = this.#options
    const changed = (files: readonly string[]): void => {
      // One look at a time; a change during one is looked at after it.
      this.#looking = this.#looking
        .then(() => this.#lookAt(files))
        .catch((error: unknown) => log('error', `the project could not be deployed: ${messageOf(error)}`))
    }
    this.#watch = watchProject({ project, platform: this.#platform, settleMs, changed })
  }

  async #lookAt(changed: readonly string[]): Promise<void> {
    if (this.#stopped) return
    const { project, files, onLook } = this.#options
    const startedAt = this.#platform.monotonic()
    const discovered = await discover({ project, home: this.#home, ...(files && { files }) })
    const problems = [...discovered.problems]
    const deployments: MadeDeployment[] = []
    for (const declared of discovered.deployments) {
      const made = await this.#deploy(declared, problems)
      if (made) deployments.push(made)
    }
    deployments.push(...(await this.#followByHand(discovered, problems)))
    // Files that do not import declare nothing: that does not mean that they should not.
    const undeclared =
      problems.length > 0 ? (this.#look?.undeclared ?? []) : await this.#undeclared(discovered.deployments)
    const tookMs = Math.round(this.#platform.monotonic() - startedAt)
    this.#look = { discovered, deployments, undeclared, problems, changed, tookMs }
    onLook?.(this.#look)
  }

  async #deploy(declared: DiscoveredDeployment, problems: DiscoveryProblem[]): Promise<MadeDeployment | undefined> {
    const name = `${declared.flow}/${declared.name}`
    try {
      const wanted = await prepareDeployment(declared, { project: this.#options.project, home: this.#home })
      return await this.#put(name, wanted)
    } catch (error) {
      problems.push(problemOf(declared.file, name, error))
      return undefined
    }
  }

  async #put(name: string, wanted: NewDeploymentInput): Promise<MadeDeployment> {
    const text = JSON.stringify(wanted)
    const known = this.#made.get(name)
    if (known?.text === text) return { ...known.deployment, created: false, changed: false }
    const deployment = await this.#client.putDeployment({ body: wanted })
    this.#made.set(name, { text, deployment })
    return deployment
  }

  /**
   * What was deployed by hand from this project runs its code as it is now, as what is declared does: whoever edits a flow sees what
   * it does. One whose flow is not found, or cannot be imported, stays as it was.
   */
  async #followByHand(discovered: Discovered, problems: DiscoveryProblem[]): Promise<MadeDeployment[]> {
    const { project } = this.#options
    const made: MadeDeployment[] = []
    const declared = new Set(discovered.deployments.map(({ flow, name }) => `${flow}/${name}`))
    for (const deployment of await this.#allDeployments()) {
      const { fullName, source, entrypoint } = deployment
      if (source.path !== project || declared.has(fullName) || this.#made.has(fullName)) continue
      const flow = discovered.flows.find((each) => each.entrypoint === entrypoint && each.name === deployment.flow)
      const followed = flow && (await this.#follow(deployment, flow, problems))
      if (followed) made.push(followed)
    }
    return made
  }

  async #follow(
    deployment: DeploymentJson,
    flow: DiscoveredFlow,
    problems: DiscoveryProblem[],
  ): Promise<MadeDeployment | undefined> {
    try {
      const options = { project: this.#options.project, home: this.#home }
      const wanted = await prepareDeployment(sameWithNewCode(deployment, flow), options)
      if (wanted.contentHash === deployment.version.contentHash) return { deployment, created: false, changed: false }
      return await this.#client.putDeployment({ body: wanted })
    } catch (error) {
      problems.push(problemOf(flow.file, deployment.fullName, error))
      return undefined
    }
  }

  async #allDeployments(): Promise<readonly DeploymentJson[]> {
    const all: DeploymentJson[] = []
    for (let after: string | null | undefined; after !== null;) {
      const query = { limit: 1_000, ...(after !== undefined && { after }) }
      const page: { readonly items: readonly DeploymentJson[]; readonly next: string | null } =
        await this.#client.listDeployments({ query })
      all.push(...page.items)
      after = page.next
    }
    return all
  }

  /** What this project's code declared before. What was deployed by hand was never its code's to declare. */
  async #undeclared(declared: readonly DiscoveredDeployment[]): Promise<readonly string[]> {
    const names = new Set(declared.map(({ flow, name }) => `${flow}/${name}`))
    const gone = [...this.#made.keys()].filter((name) => !names.has(name))
    if (gone.length === 0) return []
    const there = new Set((await this.#allDeployments()).map(({ fullName }) => fullName))
    return gone.filter((name) => there.has(name))
  }
}

function problemOf(file: string, name: string, error: unknown): DiscoveryProblem {
  const code = toStoredError(error).code ?? 'INTERNAL'
  return { file, line: null, code, message: `${name}: ${messageOf(error)}` }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
