import * as z from 'zod'
import { count, id, jsonObject, label, priority, slug, tags, text, time } from '../basics.ts'
import { newSchedule, schedule } from './schedule.ts'

/** Where the code is. */
export const source = z
  .discriminatedUnion('kind', [z.strictObject({ kind: z.literal('directory'), path: label(4_000) })])
  .meta({ id: 'Source' })

/** The name of a deployment of a flow: one line without a slash, because `flow/name` names it fully. */
export const deploymentName = label(200).regex(/^[^/]+$/, "expected no '/'")

/** `Kind/name`. */
const blockReference = text(201).regex(/^[^/\s]+\/[^/\s]+$/, 'expected Kind/name')
const blocks = z
  .array(blockReference)
  .max(100)
  .meta({ description: 'Blocks that its runs may open, each as `Kind/name`.' })

/** A JSON Schema, or null when anything goes. */
const schemaOfParameters = jsonObject.nullable()

export const deployment = z
  .strictObject({
    id,
    flow: text(500),
    name: text(200),
    fullName: text(701).meta({ description: '`flow/name`.' }),
    description: text(10_000).nullable(),
    tags: z.array(text(100)).max(50),
    entrypoint: text(1_000),
    source,
    parameters: jsonObject,
    parameterSchema: schemaOfParameters,
    pool: text(100),
    queue: text(100),
    priority,
    jobVariables: jsonObject,
    blocks,
    paused: z.boolean(),
    version: z.strictObject({ id, number: count, contentHash: text(200) }),
    schedules: z.array(schedule).max(100),
    createdBy: text(200),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Deployment' })

/** A deployment as it is declared. What is left out gets its default again: the declaration is the whole truth. */
export const newDeployment = z
  .strictObject({
    flow: label(500),
    name: deploymentName,
    description: text(10_000).optional(),
    tags: tags.optional(),
    entrypoint: label(1_000),
    source,
    contentHash: label(200).meta({ description: 'Of the code: another hash is another version.' }),
    parameters: jsonObject.optional(),
    parameterSchema: schemaOfParameters.optional(),
    pool: slug.optional(),
    queue: slug.optional(),
    priority: priority.optional(),
    jobVariables: jsonObject.optional(),
    blocks: blocks.optional(),
    paused: z.boolean().optional(),
    schedules: z.array(newSchedule).max(100).optional(),
  })
  .meta({ id: 'NewDeployment' })

export const deploymentVersion = z
  .strictObject({
    id,
    deploymentId: id,
    number: count,
    contentHash: text(200),
    entrypoint: text(1_000),
    source,
    parameterSchema: schemaOfParameters,
    createdBy: text(200),
    createdAt: time,
  })
  .meta({ id: 'DeploymentVersion' })

/** What a declaration changed. */
export const deployed = z
  .strictObject({ deployment, created: z.boolean(), changed: z.boolean() })
  .meta({ id: 'Deployed' })

export type SourceJson = z.infer<typeof source>
export type DeploymentJson = z.infer<typeof deployment>
export type NewDeploymentInput = z.infer<typeof newDeployment>
export type DeploymentVersionJson = z.infer<typeof deploymentVersion>
