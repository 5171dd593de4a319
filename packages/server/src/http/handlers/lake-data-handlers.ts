import { SluiceError, type Json } from '@sluice/core'
import type { DataInputs, DataVerb } from '@sluice/lake/serve'
import { contract, type OperationId } from '@sluice/api'
import { type Handlers, type Told } from '../endpoint-handler.ts'
import type { LakeHost } from '../lake-host.ts'
import { parseJson } from '../body-parsers.ts'
import { receiveFile } from '../receive-file.ts'
import { given } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'
import { lakeChanges } from './lake-changes.ts'

type ReadIds = 'previewTable' | 'queryLake' | 'diffTable' | 'describeQuarantine' | 'verifyLake' | 'describeView'
type ChangeIds =
  | 'ingestFile'
  | 'publishLoad'
  | 'dropLoad'
  | 'checkTable'
  | 'compactTable'
  | 'replayQuarantine'
  | 'deleteRows'
  | 'defineView'

/** What somebody looks at must come while they look; a load may take its time. */
const readMs = 60_000
const changeMs = 3_600_000

/** What reads and writes rows: in a process beside the server. */
export function lakeDataHandlers(context: HandlerContext, lake: LakeHost): Handlers<ReadIds | ChangeIds> {
  return { ...readHandlers(context, lake), ...changeHandlers(context, lake) }
}

type Work = <Verb extends DataVerb>(
  verb: Verb,
  input: DataInputs[Verb],
  limits: { readonly by: string; readonly timeoutMs: number; readonly signal?: AbortSignal; readonly cwd?: string },
) => Promise<Json>

function working({ home: { store } }: HandlerContext, lake: LakeHost) {
  return {
    work: (async (verb, input, limits) => (await lake.open()).work.run(verb, input, limits)) as Work,
    /** Before a process is started for a name that is none. */
    requireTable: async (table: string, orView = false): Promise<string> => {
      if ((await store.findLakeTable(table)) !== undefined) return table
      const { catalog, verbs } = await lake.open()
      if (orView && (await catalog.view(table)) !== undefined) return table
      throw await verbs.tableNotFound(catalog, table)
    },
  }
}

/** What a process answered; tests hold it against the contract. */
const told = <Id extends OperationId>(body: Json): Told<Id> => ({ status: 200, body }) as unknown as Told<Id>

function readHandlers(context: HandlerContext, lake: LakeHost): Handlers<ReadIds> {
  const { work, requireTable } = working(context, lake)
  return {
    async previewTable({ params, query, signal, by }) {
      const input = { table: await requireTable(params.table, true), ...given(query) }
      return told<'previewTable'>(await work('preview', input, { by, timeoutMs: readMs, signal }))
    },
    async queryLake({ body: { timeoutMs, ...query }, signal, by }) {
      return told<'queryLake'>(await work('query', query, { by, timeoutMs, signal }))
    },
    async diffTable({ params, query, signal, by }) {
      const input = { table: await requireTable(params.table), ...given(query) }
      return told<'diffTable'>(await work('diff', input, { by, timeoutMs: readMs, signal }))
    },
    async describeQuarantine({ params, query, signal, by }) {
      const input = { table: await requireTable(params.table), ...given(query) }
      return told<'describeQuarantine'>(await work('quarantine', input, { by, timeoutMs: readMs, signal }))
    },
    async describeView({ params: { view }, signal, by }) {
      return told<'describeView'>(await work('viewColumns', { view }, { by, timeoutMs: readMs, signal }))
    },
    async verifyLake({ signal, by }) {
      return told<'verifyLake'>(await work('verify', {}, { by, timeoutMs: changeMs, signal }))
    },
  }
}

/** These go on when nobody waits for them any more: the same request finds what they came to. */
function changeHandlers(context: HandlerContext, lake: LakeHost): Handlers<ChangeIds> {
  const { work, requireTable } = working(context, lake)
  const changed = lakeChanges(context)
  const change = async <Verb extends DataVerb>(
    operation: ChangeIds,
    by: string,
    verb: Verb,
    input: DataInputs[Verb],
    cwd?: string,
  ): Promise<Json> => {
    const result = await work(verb, input, { by, timeoutMs: changeMs, ...(cwd !== undefined && { cwd }) })
    changed(operation, by, { ...('table' in input && { table: input.table }), ...(result as object) })
    return result
  }
  return {
    async ingestFile({ params: { table }, query, headers, body, by }) {
      const { storage } = await lake.open()
      await using file = await receiveFile(body, storage.staging, query.file, contract.ingestFile.bodyLimit)
      const request = ingestRequest(table, query, headers['idempotency-key'])
      return told<'ingestFile'>(await change('ingestFile', by, 'ingest', request, file.directory))
    },
    async publishLoad({ params: { load }, params, body: { force }, by }) {
      const table = await requireTable(params.table)
      return told<'publishLoad'>(await change('publishLoad', by, 'publish', { table, load, force }))
    },
    async dropLoad({ params: { load }, params, by }) {
      const table = await requireTable(params.table)
      return told<'dropLoad'>(await change('dropLoad', by, 'dropLoad', { table, load }))
    },
    async checkTable({ params, by }) {
      const table = await requireTable(params.table)
      return told<'checkTable'>(await change('checkTable', by, 'check', { table }))
    },
    async compactTable({ params, body, by }) {
      const table = await requireTable(params.table)
      return told<'compactTable'>(await change('compactTable', by, 'compact', { table, ...given(body) }))
    },
    async replayQuarantine({ params, body, by }) {
      const table = await requireTable(params.table)
      return told<'replayQuarantine'>(await change('replayQuarantine', by, 'replay', { table, ...given(body) }))
    },
    async deleteRows({ params, body, by }) {
      const table = await requireTable(params.table)
      return told<'deleteRows'>(await change('deleteRows', by, 'delete', { table, ...body }))
    },
    async defineView({ params: { view }, body, by }) {
      return told<'defineView'>(await change('defineView', by, 'defineView', { name: view, ...body }))
    },
  }
}

type IngestQuery = Parameters<Handlers<'ingestFile'>['ingestFile']>[0]['query']

function ingestRequest(table: string, query: IngestQuery, id: string): DataInputs['ingest'] {
  const { file, operation, key, sequenceBy, mode, rename, contract: rules, ...others } = given(query)
  const { delimiter, quote, escape, header, nullText, encoding, ...options } = others
  const csv = given({ delimiter, quote, escape, header, nullText, encoding })
  if (operation !== 'merge' && (key !== undefined || sequenceBy !== undefined || mode !== undefined))
    throw new SluiceError('REQUEST_INVALID', { problem: 'key, sequenceBy and mode are of operation=merge' })
  return {
    table,
    operation,
    files: [file],
    ...(operation === 'merge' && { merge: given({ key, mode, sequenceBy }) }),
    options: {
      ...options,
      id,
      ...(Object.keys(csv).length > 0 && { csv }),
      ...(rules !== undefined && { contract: contractIn(rules) }),
      ...(rename && { rename: Object.fromEntries(rename.map(renaming)) }),
    },
  }
}

type Options = DataInputs['ingest']['options']

/** Which rules there are is known by the load. */
function contractIn(text: string): NonNullable<Options['contract']> {
  const rules = parseJson(Buffer.from(text))
  if (typeof rules !== 'object' || rules === null || Array.isArray(rules))
    throw new SluiceError('REQUEST_INVALID', { problem: 'the contract must be a JSON object' })
  return rules
}

function renaming(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1)
    throw new SluiceError('REQUEST_INVALID', { problem: `rename: write old=new, not ${JSON.stringify(text)}` })
  return [text.slice(0, at), text.slice(at + 1)]
}
