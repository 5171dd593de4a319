import type { OpenHome } from '@sluice/engine'
import { Counters, type Context, defaultServerSettings, type ServerSettings } from './context.ts'
import { createDeploymentLookup } from './deployments/deployment-lookup.ts'
import { createDeploymentServices } from './deployments/deployment-services.ts'
import { createAssign, type RunTokens } from './dispatch/assignments.ts'
import { createClaims } from './dispatch/claims.ts'
import { startDispatchLoop } from './dispatch/dispatch-loop.ts'
import { createWorkerRegistry } from './dispatch/worker-registry.ts'
import { createEngineServices } from './engine/engine-services.ts'
import { emitEvent } from './events/emit-event.ts'
import { startEventTail } from './events/event-tail.ts'
import { streamEvents } from './events/stream-events.ts'
import { streamRun } from './events/stream-run.ts'
import { startLatenessLoop } from './liveness/lateness-loop.ts'
import { startLeasesLoop } from './liveness/leases-loop.ts'
import { startRetentionLoop } from './liveness/retention-loop.ts'
import { startWaitsLoop } from './liveness/waits-loop.ts'
import { type Log, silentLog } from './log.ts'
import { createExpiryLaw } from './loops/expiry-law.ts'
import { createLongPolls } from './loops/long-poll.ts'
import { createWakeups } from './loops/wakeups.ts'
import { Lru } from './lru.ts'
import { type Clock, systemClock } from './platform.ts'
import { createPoolServices } from './pools/pool-services.ts'
import { createRunMaker } from './runs/create-runs.ts'
import { createParameterCheck } from './runs/parameter-check.ts'
import { createRunServices } from './runs/run-services.ts'
import { startSchedulesLoop } from './schedules/schedules-loop.ts'
import type { Services } from './services.ts'
import { createWorkerServices } from './workers/worker-services.ts'

export interface ServicesOptions {
  /** Stays open when the services stop: whoever opened it closes it. */
  readonly home: OpenHome
  readonly tokens: RunTokens
  readonly log?: Log
  readonly clock?: Clock
  readonly settings?: Partial<ServerSettings>
  /** False: answers questions and starts no loop, for a process that only looks. Default true. */
  readonly loops?: boolean
}

/** Puts the services together and starts their loops. */
export function createServices(options: ServicesOptions): Services {
  const context = contextOf(options)
  const { home, clock, log } = context
  const deployments = createDeploymentLookup(home.store, clock)
  const check = createParameterCheck(log)
  const planner = { context, deployments, check }
  const maker = createRunMaker(context)
  const claims = createClaims(home.store, clock)
  const registry = createWorkerRegistry(home.store)
  const assign = createAssign(context, deployments, options.tokens)
  const pools = new Lru<string, string>(100_000)
  const tail = startEventTail(context)
  const loops = options.loops === false ? [] : startLoops(context, claims)
  return {
    runs: createRunServices(planner, maker),
    deployments: createDeploymentServices(context, deployments, check),
    pools: createPoolServices(context),
    workers: createWorkerServices(context, { claims, registry, assign, pools }),
    engine: createEngineServices(planner, maker, pools),
    events: {
      emit: (event) => emitEvent(context, event),
      stream: (filter, after, signal) => streamEvents(context, tail, filter, after, signal),
      streamRun: (rootId, after, signal) => streamRun(context, rootId, after, signal),
    },
    ready: async () => void (await home.store.getSetting('ready')),
    counters: () => context.counters.all(),
    async stop() {
      context.polls.stop()
      claims.stop()
      await Promise.all([tail, ...loops].map((loop) => loop.stop()))
      context.wakeups.close()
    },
  }
}

function contextOf(options: ServicesOptions): Context {
  const { home, clock = systemClock, log = silentLog } = options
  const settings = { ...defaultServerSettings, ...options.settings }
  return {
    home,
    clock,
    log,
    settings,
    wakeups: createWakeups(home.store.signals),
    polls: createLongPolls(clock),
    expiry: createExpiryLaw(clock, settings.leaseMs),
    counters: new Counters(),
  }
}

function startLoops(context: Context, claims: ReturnType<typeof createClaims>): readonly { stop(): Promise<void> }[] {
  return [
    startDispatchLoop(context, claims),
    startSchedulesLoop(context),
    startLeasesLoop(context),
    startLatenessLoop(context),
    startWaitsLoop(context),
    startRetentionLoop(context),
  ]
}
