import type { BlockKindJson } from '@sluice/api'
import { nearest, SluiceError } from '@sluice/core'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { CliIo } from '../io.ts'

type Value = string | number | boolean
type Field = BlockKindJson['fields'][number]

/**
 * The fields of a block from `name=value`, where `-` is standard input and `@file` a file. Secrets that were not given, and that
 * the block must have, are asked for. Throws `OPTION_INVALID`, `FILE_NOT_FOUND`.
 */
export async function readBlockFields(
  kind: BlockKindJson,
  assignments: readonly string[],
  known: Readonly<Record<string, Value>>,
  io: CliIo,
): Promise<Readonly<Record<string, Value>>> {
  const values: Record<string, Value> = { ...known }
  for (const assignment of assignments) {
    const split = assignment.indexOf('=')
    if (split < 1) throw invalid(`'${assignment}' is not name=value`)
    const field = fieldOf(kind, assignment.slice(0, split).trim())
    values[field.name] = typed(field, await textOf(field, assignment.slice(split + 1), io))
  }
  for (const field of kind.fields) {
    if (values[field.name] !== undefined || !field.required) continue
    const asked = field.secret ? await io.askSecret(`${kind.kind} ${field.name}`) : undefined
    if (asked === undefined) throw invalid(missing(field))
    values[field.name] = typed(field, asked)
  }
  return values
}

async function textOf(field: Field, text: string, io: CliIo): Promise<string> {
  if (text === '-') return withoutNewline(await io.readInput())
  if (text.startsWith('@')) return withoutNewline(readText(path.resolve(io.cwd, text.slice(1))))
  if (field.secret)
    io.stderr.write(
      `sluice: ${field.name} stood on the command line, where the shell's history and other users can see it: ` +
        `next time write ${field.name}=- (standard input), ${field.name}=@file, or leave it out to be asked.\n`,
    )
  return text
}

function typed(field: Field, text: string): Value {
  if (field.type === 'string') return text
  if (field.type === 'boolean' && /^(?:true|false)$/.test(text)) return text === 'true'
  const number = Number(text)
  if (field.type === 'number' && text.trim() !== '' && Number.isFinite(number)) return number
  // The text is not repeated: it may be a secret.
  throw invalid(`${field.name} is not a ${field.type}`)
}

function fieldOf(kind: BlockKindJson, name: string): Field {
  const found = kind.fields.find((field) => field.name === name)
  if (found !== undefined) return found
  const names = kind.fields.map((field) => field.name)
  const near = nearest(name, names)
  const hint = near === undefined ? `it has ${names.join(', ')}` : `did you mean '${near}'?`
  throw invalid(`a ${kind.kind} has no field '${name}'; ${hint}`)
}

function missing({ name, secret }: Field): string {
  return secret ? `${name} is missing: write --field ${name}=- and give it on standard input` : `${name} is missing`
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new SluiceError('FILE_NOT_FOUND', { file }, { cause })
  }
}

/** Files and pipes end with a newline that belongs to nobody's password. */
function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '')
}

function invalid(problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option: '--field', problem })
}
