import { digest, type Micros } from '@sluice/core'
import { decideFiring, type FiringDecision, type Schedule } from '@sluice/core/schedule'
import {
  defaultWorkspace,
  type DueSchedule,
  type NewEvent,
  type NewRun,
  type ScheduleFiring,
  type StoredValue,
} from '@sluice/store'
import type { Context } from '../context.ts'
import { errorFields } from '../log.ts'
import { Lru } from '../lru.ts'
import { mergeParameters, storedText } from '../runs/merge-parameters.ts'
import { newRun } from '../runs/run-plan.ts'

/** What is to be done for schedules whose time has come. */
export interface Firings {
  decide(
    due: readonly DueSchedule[],
    now: Micros,
  ): Promise<{ readonly fire: readonly ScheduleFiring[]; readonly missed: readonly NewEvent[] }>
}

export function createFirings(context: Context): Firings {
  const parameters = new Lru<string, StoredValue>(20_000)
  return {
    async decide(due, now) {
      const decisions = new Map<string, FiringDecision>()
      const fire: ScheduleFiring[] = []
      const missed: NewEvent[] = []
      for (const one of due) {
        const decision = decisionOf(context, one, now, decisions)
        if (!decision) continue
        fire.push(await firingOf(context, one, decision, parameters))
        if (decision.skipped + decision.truncated > 0) missed.push(missedEvent(one, decision))
      }
      return { fire, missed }
    },
  }
}

/** Schedules that say the same and stand at the same occurrence share one decision: a cron costs 50 µs, and thousands may be due at once. */
function decisionOf(
  context: Context,
  { schedule }: DueSchedule,
  now: Micros,
  decisions: Map<string, FiringDecision>,
): FiringDecision | undefined {
  const { spec, nextAt, misfireGraceMs, catchUp } = schedule
  if (nextAt === null) return undefined
  const key = [spec, nextAt, misfireGraceMs, catchUp].join('\0')
  const known = decisions.get(key)
  if (known) return known
  try {
    const decision = decideFiring({ schedule: JSON.parse(spec) as Schedule, nextAt, now, misfireGraceMs, catchUp })
    decisions.set(key, decision)
    return decision
  } catch (error) {
    // One that cannot be read (of a newer release) must not hold up the others; it is given up until somebody declares it again.
    context.log.error('A schedule cannot be read and stops', { schedule: schedule.id, ...errorFields(error) })
    return { fire: [], nextAt: null, skipped: 0, truncated: 0 }
  }
}

async function firingOf(
  context: Context,
  one: DueSchedule,
  decision: FiringDecision,
  cache: Lru<string, StoredValue>,
): Promise<ScheduleFiring> {
  const { schedule } = one
  const parameters = decision.fire.length === 0 ? undefined : await parametersOf(context, one, cache)
  const runs = parameters ? decision.fire.map((firing) => scheduledRun(context, one, firing, parameters)) : []
  return { scheduleId: schedule.id, expectedNextAt: schedule.nextAt ?? 0, nextAt: decision.nextAt, runs }
}

/** The deployment's, with the schedule's over them; mostly one text that is there already. */
async function parametersOf(
  { home }: Context,
  { schedule, deployment }: DueSchedule,
  cache: Lru<string, StoredValue>,
): Promise<StoredValue> {
  if (schedule.parameters === null && deployment.parameters !== null) return { text: deployment.parameters }
  // Neither has any: one text for all of them, however many there are.
  const key = schedule.parameters === null ? 'none' : [schedule.id, schedule.updatedAt, deployment.updatedAt].join('.')
  const known = cache.get(key)
  if (known) return known
  const stored = [storedText(deployment.parameters), storedText(schedule.parameters)]
  const merged = await mergeParameters(home, stored, undefined)
  const encoded = await home.values.encode(merged, `the parameters of ${deployment.flow}`)
  cache.set(key, encoded)
  return encoded
}

function scheduledRun(
  { home }: Context,
  { schedule, deployment }: DueSchedule,
  firing: FiringDecision['fire'][number],
  parameters: StoredValue,
): NewRun {
  const { platform } = home.settings
  const { flow, entrypoint, tags, pool, queue, priority, jobVariables } = deployment
  const code = { flow, entrypoint, tags, pool, queue, priority, jobVariables, parameters }
  const plan = {
    ...code,
    id: platform.newId(),
    deploymentId: deployment.id,
    deploymentVersionId: deployment.versionId,
    scheduleId: schedule.id,
    interval: { start: firing.intervalStart, end: firing.intervalEnd },
    name: null,
    at: firing.at,
    createdBy: `schedule:${schedule.slug}`,
    startedBy: null,
    rerunOf: null,
  }
  return newRun(plan, platform.now())
}

/** Told once, whichever servers saw it: its id follows from what was missed. */
function missedEvent({ schedule, deployment }: DueSchedule, { skipped, truncated, nextAt }: FiringDecision): NewEvent {
  const { slug, catchUp } = schedule
  const payload = { schedule: slug, catchUp, since: schedule.nextAt, skipped, truncated, nextAt }
  return {
    id: uuidOf(`schedule.missed ${schedule.id} ${schedule.nextAt}`),
    workspace: defaultWorkspace,
    name: 'schedule.missed',
    key: `${deployment.flow}/${deployment.name}`,
    rootId: null,
    payload: JSON.stringify(payload),
  }
}

/** A UUID (version 8: of our own making) that is the same for the same text. */
function uuidOf(text: string): string {
  const hex = Buffer.from(digest(text), 'base64url').toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
