import * as z from 'zod'
import { id, json, slug, text, time } from '../basics.ts'

/** What every secret looks like, whatever its length. */
export const maskedSecret = '********'

/** Typed configuration that is kept encrypted where it is secret. */
export const block = z
  .strictObject({
    id,
    kind: text(100),
    name: text(100),
    fields: z.record(text(200), json),
    secrets: z.record(text(200), z.literal(maskedSecret)),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Block' })

export const blockKind = z
  .strictObject({
    kind: text(100),
    description: text(1_000),
    fields: z
      .array(
        z.strictObject({
          name: text(200),
          type: z.enum(['string', 'number', 'boolean']),
          secret: z.boolean(),
          required: z.boolean(),
          description: text(1_000),
        }),
      )
      .max(100),
  })
  .meta({ id: 'BlockKind' })

/** All fields of the block. A secret that is sent as asterisks keeps the value it has. */
export const newBlock = z
  .strictObject({ fields: z.record(slug, z.union([text(100_000), z.number(), z.boolean()])) })
  .meta({ id: 'NewBlock' })

/** A block as a run that may use it gets it: with its secrets. */
export const openedBlock = z
  .strictObject({ kind: text(100), name: text(100), fields: z.record(text(200), json) })
  .meta({ id: 'OpenedBlock' })

export type BlockJson = z.infer<typeof block>
export type BlockKindJson = z.infer<typeof blockKind>
