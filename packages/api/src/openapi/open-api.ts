import { type ErrorCode, errorCodes, type Json } from '@sluice/core'
import type * as z from 'zod'
import { contract } from '../contract.ts'
import { problem } from '../entities/problem.ts'
import type { Operation } from '../operation.ts'
import { problemType } from '../problem.ts'
import { statusOf } from '../problem-status.ts'
import { type JsonSchemas, jsonSchemas } from './json-schemas.ts'

type Doc = Record<string, Json>

const operations: readonly Operation[] = Object.values(contract)
let made: { readonly version: string; readonly document: Doc } | undefined

/** The contract as an OpenAPI 3.1 document. Made once: it is asked for seldom and never changes. */
export function openApi(version: string): Doc {
  if (made?.version !== version) made = { version, document: documentOf(version) }
  return made.document
}

function documentOf(version: string): Doc {
  const schemas = jsonSchemas(operations.flatMap(schemasOf))
  const paths: Record<string, Doc> = {}
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {})
    path[operation.method.toLowerCase()] = operationOf(operation, schemas)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version,
      description: 'Workflow orchestration for data.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(({ tags }) => tags[0]))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: schemas.components() as Doc,
    },
  }
}

function schemasOf({ params, query, headers, body, responses }: Operation) {
  const sent = [params, query, headers, body].flatMap((schema) => (schema ? [{ schema, io: 'input' as const }] : []))
  const answered = Object.values(responses).flatMap((schema) => (schema ? [{ schema, io: 'output' as const }] : []))
  return [...sent, ...answered, { schema: problem, io: 'output' as const }]
}

function operationOf(operation: Operation, schemas: JsonSchemas): Doc {
  const { operationId, summary, description, tags, scope, body, bytesBody } = operation
  const needed = scope === 'public' ? '' : `Needs a token with the scope \`${scope}\`.`
  const parameters = [
    ...parametersOf(operation.params, 'path', schemas),
    ...parametersOf(operation.query, 'query', schemas),
    ...parametersOf(operation.headers, 'header', schemas),
  ]
  return {
    operationId,
    summary,
    description: [description, needed].filter(Boolean).join('\n\n'),
    tags: [...tags],
    security: scope === 'public' ? [] : [{ token: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: jsonBody(body, schemas) }),
    ...(bytesBody === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/octet-stream': {} } } }),
    responses: { ...answersOf(operation, schemas), ...problemsOf(operation) },
  }
}

function parametersOf(
  schema: z.ZodObject | undefined,
  where: 'path' | 'query' | 'header',
  schemas: JsonSchemas,
): Doc[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]): Doc => {
    const { description, ...rest } = schemas.of(field as z.ZodType, 'input') as Doc
    const required = where === 'path' || !(field as z.ZodType).safeParse(undefined).success
    const parameter = { name, in: where, required, schema: rest }
    return description === undefined ? parameter : Object.assign(parameter, { description })
  })
}

function jsonBody(body: z.ZodType, schemas: JsonSchemas): Doc {
  const schema = schemas.of(body, 'input') as Doc
  return { required: !body.safeParse(undefined).success, content: { 'application/json': { schema } } }
}

function answersOf({ responses, content = 'json' }: Operation, schemas: JsonSchemas): Doc {
  const types = {
    json: 'application/json',
    events: 'text/event-stream',
    bytes: 'application/octet-stream',
    html: 'text/html',
  }
  const answers = Object.entries(responses).map(([status, schema]): [string, Doc] => {
    const description = descriptions[status] ?? 'Success'
    if (schema === null && content === 'json') return [status, { description }]
    const body: Doc = schema === null ? {} : { schema: schemas.of(schema, 'output') as Doc }
    return [status, { description, content: { [types[content]]: body } }]
  })
  return Object.fromEntries(answers)
}

const descriptions: Readonly<Record<string, string>> = { 200: 'Done', 201: 'Created', 204: 'Done; nothing to tell' }

/** What can go wrong, grouped by status: with every operation, with every body, with every token, and with this operation. */
function problemsOf(operation: Operation): Doc {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of new Set(possible(operation))) {
    const status = statusOf(code)
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const answers = [...byStatus].map(([status, codes]): [string, Doc] => [
    String(status),
    {
      description: codes.map((code) => `\`${code}\`: ${errorCodes[code].message({})}.`).join('\n\n'),
      content: { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ])
  return Object.fromEntries(answers)
}

/** The codes with which an operation may be refused. */
export function possible(operation: Operation): readonly ErrorCode[] {
  const { method, params, query, headers, scope, problems = [] } = operation
  const always: readonly ErrorCode[] = [
    'HOST_REFUSED',
    'INTERNAL',
    'STORE_UNAVAILABLE',
    'STORE_FULL',
    'SERVER_STOPPING',
  ]
  // A body is read before it is known that none is wanted.
  const body = method === 'GET' ? [] : (['REQUEST_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'] as const)
  return [
    ...problems,
    ...((params ?? query ?? headers) ? (['REQUEST_INVALID', 'OPTION_INVALID'] as const) : []),
    ...body,
    ...(scope === 'public' ? [] : (['UNAUTHENTICATED', 'FORBIDDEN'] as const)),
    ...always,
  ]
}
