import * as z from 'zod'
import { count, id, jsonObject, label, micros, slug, text } from '../basics.ts'
import { source } from '../entities/deployment.ts'
import { runRecord } from './records.ts'

const epoch = z.int().min(1).max(2_147_483_647)
const held = z.strictObject({ id, epoch }).meta({ id: 'HeldRun' })

export const registration = z
  .strictObject({
    name: label(200),
    pool: slug,
    queues: z.array(slug).min(1).max(100).optional().meta({ description: 'Default: all queues of the pool.' }),
    host: label(300),
    pid: z.int().min(0).max(2_147_483_647),
    version: label(100),
    protocol: z.int().min(0).max(1_000_000),
    mode: z.enum(['process', 'inline']),
    capacity: z.int().min(1).max(10_000),
  })
  .meta({ id: 'Registration' })

export const registered = z
  .strictObject({ leaseMs: count, heartbeatMs: count, protocol: count })
  .meta({ id: 'Registered' })

/** Every run the worker holds. One that it leaves out is taken from it; one that is not its own comes back in `drop`. */
export const heartbeat = z
  .strictObject({ runs: z.array(held).max(10_000), draining: z.boolean() })
  .meta({ id: 'Heartbeat' })

export const heartbeatAnswer = z
  .strictObject({
    leaseMs: count,
    drop: z.array(held).max(10_000),
    cancelling: z.array(z.strictObject({ id })).max(10_000),
  })
  .meta({ id: 'HeartbeatAnswer' })

/** Repeated with the same request id, it answers with the same runs: a lost answer loses nothing. */
export const claim = z
  .strictObject({ requestId: id, max: z.int().min(1).max(100), waitMs: z.int().min(0).max(30_000) })
  .meta({ id: 'Claim' })

export const assignment = z
  .strictObject({
    run: runRecord,
    token: text(500).meta({ description: 'For the engine of this run, at this epoch.' }),
    deployment: z.strictObject({ id, name: text(701), version: count, contentHash: text(200) }).nullable(),
    entrypoint: text(1_000).nullable(),
    source: source.nullable(),
    jobVariables: jsonObject,
    secretKey: text(500).optional(),
    previousSecretKeys: z.array(text(500)).max(10_000).optional(),
    serverTime: micros,
  })
  .meta({ id: 'Assignment' })

export const claimed = z
  .strictObject({
    runs: z.array(assignment).max(100),
    waitedMs: count.meta({ description: 'How long the request had been here, at least, when its runs were given.' }),
  })
  .meta({ id: 'Claimed' })

/** How the process of a run ended, when its engine could not say so itself. */
export const exitReport = z
  .strictObject({
    run: id,
    epoch,
    reason: z.enum(['crashed', 'outOfMemory', 'timedOut', 'launchFailed', 'notHere', 'drained']).meta({
      description:
        '`launchFailed`: nothing of it could be started, and nowhere can it be. `notHere`: it could not on this machine; elsewhere it may.',
    }),
    exitCode: z.int().min(-2_147_483_648).max(4_294_967_295).optional(),
    signal: label(20).optional(),
    message: text(10_000),
    lastLines: z.array(text(10_000)).max(200),
  })
  .meta({ id: 'ExitReport' })

export const exitOutcome = z
  .strictObject({ outcome: z.enum(['requeued', 'ended', 'gone']) })
  .meta({ id: 'ExitOutcome' })

export type Registration = z.infer<typeof registration>
export type Registered = z.infer<typeof registered>
export type Heartbeat = z.infer<typeof heartbeat>
export type HeartbeatAnswer = z.infer<typeof heartbeatAnswer>
export type Claim = z.infer<typeof claim>
export type Claimed = z.infer<typeof claimed>
export type Assignment = z.infer<typeof assignment>
export type ExitReport = z.infer<typeof exitReport>
export type ExitOutcome = z.infer<typeof exitOutcome>
