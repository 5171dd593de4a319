import type { Json } from '@sluice/core'
import { expect, test } from 'vitest'
import { contract } from '../contract.ts'
import { endpoints, runOperations } from '../endpoints.ts'
import type { Operation } from '../operation.ts'
import { errorsPage, docsPage } from './docs-page.ts'
import { openApi } from './open-api.ts'

type Doc = Readonly<Record<string, Json>>

const document = openApi('1.2.3')

/** Every object inside a value. */
function* objects(value: Json): Generator<Doc> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Doc
  for (const item of Object.values(value)) yield* objects(item)
}

const operations = Object.entries(document['paths'] as Doc).flatMap(([path, methods]) =>
  Object.entries(methods as Doc).map(([method, operation]) => ({ path, method, operation: operation as Doc })),
)

test('the document has every operation of the contract where the contract has it', () => {
  const told = operations.map(({ path, method, operation }) => [operation['operationId'], method.toUpperCase(), path])
  const wanted = Object.entries(endpoints).map(([id, { method, path }]) => [id, method, path])
  expect(new Set(told.map(String))).toStrictEqual(new Set(wanted.map(String)))
})

test('every reference leads somewhere, and nothing refers to what only the generator knew', () => {
  const schemas = (document['components'] as Doc)['schemas'] as Doc
  const refs = [...objects(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []))
  expect(refs.length).toBeGreaterThan(200)
  for (const ref of refs) expect(Object.keys(schemas).map((name) => `#/components/schemas/${name}`)).toContain(ref)
  expect(JSON.stringify(document)).not.toContain('$defs')
})

test('each parameter of a path is declared, and is required', () => {
  for (const { path, operation } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const declared = ((operation['parameters'] ?? []) as readonly Doc[]).filter(
      (parameter) => parameter['in'] === 'path',
    )
    expect(declared.map(({ name, required }) => [name, required])).toStrictEqual(named.map((name) => [name, true]))
  }
})

test('every operation tells how it ends well, what can go wrong, and who may call it', () => {
  for (const { operation } of operations) {
    const statuses = Object.keys(operation['responses'] as Doc).map(Number)
    expect(statuses.some((status) => status < 300)).toBe(true)
    expect(statuses).toContain(500)
    expect(typeof operation['summary']).toBe('string')
    expect(operation['security']).toBeDefined()
  }
})

test('everything strict stays strict, and every text and list of a request has an end', () => {
  const ids = Object.values(contract)
    .filter(({ scope }) => scope !== 'runToken')
    .map(({ operationId }) => operationId)
  const asked = operations.filter(({ operation }) => ids.some((id) => id === operation['operationId']))
  for (const { operation } of asked) {
    for (const part of [operation['parameters'] ?? [], operation['requestBody'] ?? {}]) {
      for (const schema of objects(part)) {
        if (schema['type'] === 'string')
          expect([
            operation['operationId'],
            'maxLength' in schema || 'enum' in schema || 'const' in schema,
          ]).toStrictEqual([operation['operationId'], true])
        if (schema['type'] === 'array') expect(schema).toHaveProperty('maxItems')
        if (schema['type'] === 'object' && 'properties' in schema) expect(schema['additionalProperties']).toBe(false)
      }
    }
  }
})

test('the pages for people stand alone and show text as text', () => {
  const page = docsPage({
    ...document,
    info: { title: '<script>alert(1)</script>', version: '1' },
  })
  expect(page).not.toContain('<script')
  expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  expect(page).toContain('/api/runs/{run}/cancel')
  expect(errorsPage()).toContain('id="RUN_NOT_FOUND"')
})

test('what a run may call with its token is what its engine and its lake call', () => {
  const owned = (Object.values(contract) as readonly Operation[]).filter(({ scope }) => scope === 'runToken')
  expect(owned.map(({ operationId }) => operationId).toSorted()).toEqual([...runOperations].toSorted())
})
