import type { LakeReport, OpenedLake, RebuildReport } from '@sluice/lake/catalog'
import type { OpenHome } from '@sluice/engine'
import { findRunsServer } from '../connect/places.ts'
import { clientOf } from '../connect/with-client.ts'
import { withHome } from '../connect/with-home.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { countOf } from './quantity-text.ts'
import { requireHome } from './with-lake.ts'

interface Flags {
  readonly json: boolean
}

/** `sluice lake verify`: ends with 1 when something is missing or broken. */
export async function verify(flags: Flags, io: CliIo): Promise<number> {
  const server = await findRunsServer(io)
  if (server !== undefined) {
    await using client = await clientOf(server)
    return told(await client.verifyLake({ timeoutMs: 3_600_000 }), flags, io)
  }
  return withFiles('verify', flags, io, async ({ catalog, storage }) => {
    const { verifyLake } = await import('@sluice/lake/catalog')
    return told(await verifyLake({ catalog, storage }), flags, io)
  })
}

function told(report: LakeReport, flags: Flags, io: CliIo): number {
  showOne(report, () => verifyText(report), flags.json, io)
  return report.problems.length === 0 ? exitCodes.ok : exitCodes.failed
}

function verifyText({ tables, views, files, problems }: LakeReport): readonly string[] {
  const looked = `${countOf(files, 'file')} of ${countOf(tables, 'table')}${views === 0 ? '' : ` and ${countOf(views, 'view')}`}`
  if (problems.length === 0) return [`✓ ${looked} are there and readable.`]
  return [
    `✗ ${looked} were looked for; not well:`,
    ...problems.map(({ table, key, problem }) => `  ${table}: ${key}: ${problem}`),
  ]
}

/** `sluice lake rebuild`: the catalogue anew, from the files, when the database is lost. */
export async function rebuild(flags: Flags, io: CliIo): Promise<number> {
  return withFiles('rebuild', flags, io, async ({ storage }, home) => {
    const { rebuildCatalog } = await import('@sluice/lake/catalog')
    const report = await rebuildCatalog(home.store, storage)
    return showOne(report, () => rebuildText(report), flags.json, io)
  })
}

function rebuildText({ tables, views, skipped }: RebuildReport): readonly string[] {
  return [
    ...tables.map(({ name, version }) => `✓ ${name}, version ${version} of its metadata`),
    ...tables.flatMap(({ unmarked }) =>
      unmarked.map((file) => `  ${file} is newer, and nothing says that it was committed`),
    ),
    ...views.map((name) => `✓ ${name}, a view`),
    ...skipped.map(({ directory, reason }) => `✗ ${directory}: ${reason}`),
    tables.length + views.length === 0
      ? 'There are no tables.'
      : 'To write to them from here on: npx sluice lake adopt',
  ]
}

/** `sluice lake adopt`: this home's catalogue is the one that writes the lake from now on. */
export async function adopt(flags: Flags, io: CliIo): Promise<number> {
  return withFiles('adopt', flags, io, async ({ catalog }, home) => {
    await catalog.adopt()
    const { openLakeOf, reindexFilesets } = await import('@sluice/lake/manage')
    await using lake = await openLakeOf(home)
    if (lake) await reindexFilesets(lake)
    return showOne({ catalog: catalog.id }, () => ['✓ The lake is written by this home from now on.'], flags.json, io)
  })
}

/** `sluice lake relocate`: after a move, for other engines, which go by absolute places. */
export async function relocate(flags: Flags, io: CliIo): Promise<number> {
  return withFiles('relocate', flags, io, async ({ catalog, storage }, { store }) => {
    const { relocateLake } = await import('@sluice/lake/catalog')
    const tables = await relocateLake({ catalog, storage, store })
    const lines = tables.length === 0 ? ['✓ All tables are where they say.'] : tables.map((name) => `✓ ${name}`)
    return showOne({ tables }, () => lines, flags.json, io)
  })
}

/** The catalogue and the files of the lake at hand: no tables are opened, they may be broken. */
async function withFiles(
  verb: string,
  flags: Flags,
  io: CliIo,
  use: (lake: OpenedLake, home: OpenHome) => Promise<number>,
): Promise<number> {
  await requireHome(verb, io)
  return withHome(io, async (found) => {
    const { homeMayHaveLake, openHomeLake } = await import('@sluice/lake/catalog')
    if (!homeMayHaveLake(found)) return showOne({ tables: [] }, () => ['There is no lake here.'], flags.json, io)
    // The files may be there without a database: it is made.
    return withHome(
      io,
      async (home) => {
        const lake = await openHomeLake(home)
        await using _storage = lake.storage
        return await use(lake, home)
      },
      { create: true },
    )
  })
}
