import { SluiceError } from '@sluice/core'
import * as z from 'zod'
import { errorFields, type Log } from '../log.ts'
import { Lru } from '../lru.ts'

/** Checks parameters before there is a run: whoever asks learns at once what is wrong. The flow itself checks them again. */
export type ParameterCheck = (subject: ParameterSubject, parameters: unknown, at?: readonly PropertyKey[]) => void

export interface ParameterSubject {
  readonly flow: string
  /** Changes whenever the schema does: the id of a version, or the schema's own text. */
  readonly schemaKey: string
  /** JSON Schema as text; null: anything goes. */
  readonly parameterSchema: string | null
}

/** Throws `PARAMETERS_INVALID` with a path for each thing wrong. A schema that cannot be read here refuses nothing. */
export function createParameterCheck(log: Log): ParameterCheck {
  const schemas = new Lru<string, z.ZodType>(500)

  const schemaOf = (subject: ParameterSubject, text: string): z.ZodType => {
    const known = schemas.get(subject.schemaKey)
    if (known) return known
    const schema = readSchema(text, (error) =>
      log.warn('A parameter schema cannot be read; its flow checks alone', {
        flow: subject.flow,
        ...errorFields(error),
      }),
    )
    schemas.set(subject.schemaKey, schema)
    return schema
  }
  return (subject, parameters, at = []) => {
    if (subject.parameterSchema === null) return
    const { error } = schemaOf(subject, subject.parameterSchema).safeParse(parameters ?? {})
    if (!error) return
    const issues = error.issues.map(({ message, path }) => ({ message, path: [...at, ...path] }))
    throw new SluiceError('PARAMETERS_INVALID', { flow: subject.flow, issues })
  }
}

/** The validator of a JSON Schema; one that accepts anything, told, when the schema is none. */
export function readSchema(text: string, onError: (error: unknown) => void): z.ZodType {
  try {
    return z.fromJSONSchema(JSON.parse(text) as z.core.JSONSchema.JSONSchema)
  } catch (error) {
    onError(error)
    return z.unknown()
  }
}
