import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import { freeze, signal } from './machine.ts'
import type { Strike, StrikeKind } from './plan/strikes.ts'

/** A strike that was carried out, and when. */
export interface Struck extends Strike {
  readonly at: number
  /** Whom it met: a machine, a process. */
  readonly victim: string
}

/** Does everything that the plan says, at its time. Resolves when the last one is over and everybody goes on again. */
export async function strikeAll(
  strikes: readonly Strike[],
  cluster: Cluster,
  struck: (strike: Struck) => void,
): Promise<void> {
  const began = performance.now()
  const all: Promise<void>[] = []
  for (const strike of strikes) {
    const wait = strike.atMs - (performance.now() - began)
    if (wait > 0) await delay(wait)
    const { victim, over } = carryOut(strike, cluster)
    struck({ ...strike, at: performance.now() - began, victim })
    all.push(over)
  }
  await Promise.all(all)
  for (const machine of [...cluster.workers, ...cluster.servers]) machine.step(0)
  for (const proxy of cluster.proxies) proxy.calm()
}

interface CarriedOut {
  readonly victim: string
  readonly over: Promise<void>
}

const done = Promise.resolve()

const ways: Readonly<Record<StrikeKind, (strike: Strike, cluster: Cluster) => CarriedOut>> = {
  'kill-worker': ({ target, ms }, { workers }) => on(workers[target], (machine) => machine.kill(ms)),
  'drain-worker': ({ target, ms }, { workers }) => on(workers[target], (machine) => machine.end(ms)),
  'kill-server': ({ target, ms }, { servers }) => on(servers[target], (machine) => machine.kill(ms)),
  'end-server': ({ target, ms }, { servers }) => on(servers[target], (machine) => machine.end(ms)),
  'stop-worker': ({ target, ms }, { workers }) => on(workers[target], (machine) => machine.freeze(ms, false)),
  'stop-machine': ({ target, ms }, { workers }) => on(workers[target], (machine) => machine.freeze(ms, true)),
  'stop-server': ({ target, ms }, { servers }) => on(servers[target], (machine) => machine.freeze(ms, false)),
  'kill-child': (strike, cluster) =>
    onChild(strike, cluster, async (pid) => {
      // The process leads a group: nothing that it started stays.
      signal(-pid, 'SIGKILL')
      signal(pid, 'SIGKILL')
    }),
  'stop-child': (strike, cluster) => onChild(strike, cluster, (pid) => freeze([pid], strike.ms)),
  'restart-postgres': (_, { postgres }) => ({
    victim: 'postgres',
    over: postgres?.restart?.() ?? done,
  }),
  'step-clock': ({ target, ms }, { workers, servers }) =>
    on([...workers, ...servers][target], (machine) => machine.step(ms)),
  storm: ({ ms }, { proxies }) => {
    for (const proxy of proxies) proxy.storm(ms)
    return { victim: 'every line', over: done }
  },
}

function carryOut(strike: Strike, cluster: Cluster): CarriedOut {
  return ways[strike.kind](strike, cluster)
}

function on<M extends { readonly name: string }>(
  machine: M | undefined,
  act: (machine: M) => Promise<void> | void,
): CarriedOut {
  if (!machine) return { victim: 'nobody', over: done }
  return { victim: machine.name, over: Promise.resolve(act(machine)) }
}

/** A process of the worker aimed at, or of the next one that has any. */
function onChild({ target, ms }: Strike, { workers }: Cluster, act: (pid: number) => Promise<void>): CarriedOut {
  const order = workers.map((_, index) => workers[(target + index) % workers.length])
  const pids = order.map((worker) => worker?.children ?? []).find((children) => children.length > 0) ?? []
  const pid = pids[ms % pids.length]
  return pid === undefined ? { victim: 'nobody', over: done } : { victim: `child ${pid}`, over: act(pid) }
}
