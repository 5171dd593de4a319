import type { Json, Micros } from '@sluice/core'
import * as z from 'zod'

/** Ids as both databases hold them: a UUID in lower case. */
export const id = z
  .string()
  .max(36)
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'expected a UUID in lower case')
  .meta({ format: 'uuid' })

/** The name of a large result: the hash of its content. */
export const contentHash = z
  .string()
  .max(64)
  .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal')

/** Free text of at most `max` characters. */
export const text = (max: number) => z.string().max(max)

/**
 * A name that people chose: one line, not empty. Control characters would break logs, URLs and PostgreSQL; half a surrogate pair is no
 * character, and PostgreSQL's JSON has no place for it.
 */
export const label = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\u0000-\u001f\u007f\ud800-\udfff]+$/u, 'expected one line of text')

/** A name that stands in paths and on command lines. */
export const slug = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "expected letters, digits, '.', '_' and '-', beginning with a letter or digit")

export const tags = z.array(label(100)).max(50)

/**
 * A time as people and programs exchange it: ISO 8601 in UTC, as `2026-01-31T05:00:00Z`. Years outside 1970–2199 are mistakes,
 * and times in microseconds stay safe integers inside.
 */
export const time = z.iso
  .datetime()
  .max(32)
  .refine((iso) => /^(?:19[7-9]|2[01]\d)\d-/.test(iso), 'expected a year from 1970 to 2199')

export const millis = z.number().min(0).max(1e13)

export const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER)

/** The priority of a run: each step counts as a minute of waiting. */
export const priority = z.int().min(-100).max(100)

/** How many may run at once; null: no limit. */
export const concurrency = z.int().min(0).max(100_000).nullable()

/** Times between Sluice's own processes: integer microseconds, as the store has them. */
export const micros: z.ZodType<Micros, Micros> = z.int().min(0).max(Number.MAX_SAFE_INTEGER)

const deepestJson = 64

/** JSON of which nothing is known, not nested deeper than can be walked safely. */
export const anyJson: z.ZodType = z
  .unknown()
  .refine((value) => isShallow(value, deepestJson), `expected JSON at most ${deepestJson} levels deep`)

/** The same, for those who look into it. */
export const json = anyJson as z.ZodType<Json, Json>

/** A JSON object with bounded names. */
export const jsonObject = z.record(text(200), json)

function isShallow(value: unknown, levels: number): boolean {
  if (value === undefined) return false
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((item) => isShallow(item, levels - 1))
}

/** One page of a list. `next` is the `after` of the page that follows; null at the end. */
export const page = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item).max(1_000), next: text(200).nullable() })

/** What every list takes. */
export const paging = {
  limit: z.int().min(1).max(1_000).default(50).meta({ description: 'Most items of this page.' }),
  after: label(200).optional().meta({ description: 'The `next` of the page before.' }),
}
