import { isSluiceError, SluiceError } from '@sluice/core'
import type { LakeStore } from '@sluice/store'
import type { LakeStorage } from '../storage/lake-storage.ts'
import { type LakeView, newLakeView, viewOf } from './findable.ts'
import { requireTableName } from './lake-paths.ts'

/** Where the lake's files say what its views are: the database is only asked first. */
const directory = '_views/'

/** So many changes of one view may come in between. */
const mostChanges = 200

interface Places {
  readonly store: Pick<LakeStore, 'findLakeView'>
  readonly storage: LakeStorage
}

/**
 * Makes the file of a view say what the catalogue says. Whoever has written it looks at the catalogue again: the last one to write has
 * seen the last change, however many change it at once. A file that a crash has left behind is told by `verify`, and mended by `adopt`.
 */
export async function keepViewFile({ store, storage }: Places, name: string): Promise<void> {
  let written: string | undefined
  for (let changes = 0; changes <= mostChanges; changes += 1) {
    const text = textOf(await viewIn(store, name))
    if (changes > 0 && text === written) return
    written = text
    if (text === undefined) await storage.delete([keyOfView(name)])
    else await storage.put(keyOfView(name), text)
  }
  throw new SluiceError('LAKE_COMMIT_CONFLICT', { table: name, reason: 'the view is changed all the time' })
}

async function viewIn(store: Places['store'], name: string): Promise<LakeView | undefined> {
  const found = await store.findLakeView(name)
  return found && viewOf(found)
}

const keyOfView = (name: string): string => `${directory}${name}.json`

const textOf = (view: LakeView | undefined): string | undefined => view && `${JSON.stringify(view, undefined, 2)}\n`

/** A view as a file has it, or what is wrong with the file. */
export type ViewFile = { readonly key: string } & ({ readonly view: LakeView } | { readonly problem: string })

/** What the lake's files say of its views, by name. */
export async function readViewFiles(storage: LakeStorage): Promise<readonly ViewFile[]> {
  const files: ViewFile[] = []
  for await (const { key } of storage.list(directory)) files.push(await readViewFile(storage, key))
  return files.toSorted((one, other) => (one.key < other.key ? -1 : 1))
}

async function readViewFile(storage: LakeStorage, key: string): Promise<ViewFile> {
  try {
    const view = JSON.parse(new TextDecoder().decode(await storage.get(key))) as LakeView
    const whole = typeof view.query === 'string' && Array.isArray(view.reads) && key === keyOfView(view.name)
    if (whole && requireTableName(view.name) !== '') return { key, view }
  } catch (error) {
    if (isSluiceError(error) && error.code !== 'TABLE_NAME_INVALID') throw error
  }
  return { key, problem: 'it is no view: it is cut or damaged' }
}

/** Makes a view again that a file tells of. Throws `TABLE_EXISTS`. */
export async function restoreView(store: Pick<LakeStore, 'putLakeView'>, view: LakeView): Promise<void> {
  const times = { createdAt: microsOf(view.createdAt), updatedAt: microsOf(view.updatedAt) }
  await store.putLakeView({ ...newLakeView(view, view.createdBy), times })
}

const microsOf = (time: string): number => Date.parse(time) * 1000

/** Of a view, or of the file that would be its. */
interface ViewProblem {
  readonly table: string
  readonly key: string
  readonly problem: string
}

/** What is not well with the views of a catalogue: what they name, and what the lake's files say of them. */
export async function verifyViews(
  views: readonly LakeView[],
  tables: ReadonlySet<string>,
  storage: LakeStorage,
): Promise<readonly ViewProblem[]> {
  const files = await readViewFiles(storage)
  const texts = new Map(files.flatMap((file) => ('view' in file ? [[file.view.name, textOf(file.view)]] : [])))
  const names = new Set(views.map(({ name }) => name))
  const known = (name: string): boolean => tables.has(name) || names.has(name)
  const ofViews = views.flatMap((view) => {
    const problems = view.reads
      .filter((name) => !known(name))
      .map((name) => `its query names ${name}, which is not there`)
    if (texts.get(view.name) !== textOf(view))
      problems.push('the file does not say what the catalogue says: npx sluice lake adopt writes it')
    return problems.map((problem): ViewProblem => ({ table: view.name, key: keyOfView(view.name), problem }))
  })
  return [...ofViews, ...files.flatMap((file) => problemsOfFile(file, names))]
}

function problemsOfFile(file: ViewFile, names: ReadonlySet<string>): readonly ViewProblem[] {
  const { key } = file
  if ('problem' in file) return [{ table: key.slice(directory.length, -'.json'.length), key, problem: file.problem }]
  return names.has(file.view.name) ? [] : [{ table: file.view.name, key, problem: 'the catalogue has no such view' }]
}
