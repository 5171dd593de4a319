import path from 'node:path'
import * as z from 'zod'
import { defaultWarehouse } from './warehouse-kind.ts'

/** What several of the jobs take as parameters. */

export const color = z.enum(['yellow', 'green'])

export const month = z.int().min(1).max(12)

export const year = z.int().min(2009).max(2030)

export const source = z
  .string()
  .default('auto')
  .describe('auto, generated, a directory, or a URL with {color} {year} {month} in it')

export const directory = z
  .string()
  .default(path.join(import.meta.dirname, 'data'))
  .describe('where files and the embedded warehouse go')

export const warehouse = z
  .enum(['duckdb', 'postgres'])
  .default(defaultWarehouse)
  .describe('postgres is the one that DATABASE_URL names')

export const generatedRows = z.int().positive().default(100_000).describe('rows of a generated month')
