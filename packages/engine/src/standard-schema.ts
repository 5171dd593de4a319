/**
 * The part of the Standard Schema specification (https://standardschema.dev, version 1) that Sluice reads: any schema library
 * that implements it validates parameters here.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** The Standard JSON Schema extension, which some libraries offer. */
interface WithJsonSchema {
  readonly jsonSchema?: { readonly input?: (options: object) => unknown }
}

/** What JSON Schema has no word for (a date, say) may be anything: zod throws otherwise. */
const asked = { target: 'draft-2020-12', libraryOptions: { unrepresentable: 'any' } }

/** JSON Schema of what a schema takes; null where its library offers none, or this schema has none. */
export function inputJsonSchema(schema: StandardSchema | undefined): unknown {
  try {
    const extended = schema?.['~standard'] as WithJsonSchema | undefined
    return extended?.jsonSchema?.input?.(asked) ?? null
  } catch {
    return null
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

export type InferInput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['input']
export type InferOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']
