import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Content } from './content-hash.ts'

/** Says, inside a copy, where the project's root is: files outside it are kept too. */
const manifest = 'sluice-version.json'

/**
 * Keeps the files of a version under `<home>/code/<hash>`, so that runs pinned to it find it after the directory has changed.
 * Packages are not copied: the copy finds them where the project does. Written aside and renamed, so that half a copy never counts.
 */
export async function keepCode(home: string, from: string, content: Content, newId: () => string): Promise<void> {
  const target = codeDir(home, content.hash)
  if (existsSync(path.join(target, manifest))) return
  const project = await realpath(from)
  const base = commonDir([project, ...content.files.map((file) => path.dirname(file.path))])
  const aside = `${target}.${newId()}`
  await mkdir(aside, { recursive: true, mode: 0o700 })
  for (const file of content.files) {
    const to = path.join(aside, path.relative(base, file.path))
    await mkdir(path.dirname(to), { recursive: true })
    await writeFile(to, file.content)
  }
  await bringSurroundings(base, aside, [project, ...content.files.map((file) => path.dirname(file.path))])
  await writeFile(path.join(aside, manifest), JSON.stringify({ project: path.relative(base, project) }))
  try {
    await rename(aside, target)
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    // Somebody else was faster with the same files.
    if (!existsSync(path.join(target, manifest))) throw error
  }
}

/** The project's root in the copy of a version; undefined when this machine has none. */
export async function keptCode(home: string, hash: string): Promise<string | undefined> {
  const dir = codeDir(home, hash)
  try {
    const told: unknown = JSON.parse(await readFile(path.join(dir, manifest), 'utf8'))
    const project = typeof told === 'object' && told !== null && 'project' in told ? told.project : undefined
    return typeof project === 'string' ? path.join(dir, project) : undefined
  } catch {
    return undefined
  }
}

function codeDir(home: string, hash: string): string {
  return path.join(home, 'code', hash.replaceAll(/[^0-9A-Za-z._-]/g, '_'))
}

/** What code needs around it: the `package.json` that says what a `.js` is, and the packages. */
async function bringSurroundings(base: string, aside: string, dirs: readonly string[]): Promise<void> {
  const all = new Set(dirs.flatMap((dir) => upwards(dir, base)))
  for (const dir of all) {
    const to = path.join(aside, path.relative(base, dir))
    await mkdir(to, { recursive: true })
    const described = path.join(dir, 'package.json')
    if (existsSync(described)) await copyFile(described, path.join(to, 'package.json'))
    await linkPackages(dir, to)
  }
  if (existsSync(path.join(aside, 'node_modules'))) return
  const above = upwards(path.dirname(base), path.parse(base).root)
  const nearest = above.find((dir) => existsSync(path.join(dir, 'node_modules')))
  if (nearest !== undefined) await linkPackages(nearest, aside)
  const described = above.find((dir) => existsSync(path.join(dir, 'package.json')))
  if (described !== undefined && !existsSync(path.join(aside, 'package.json')))
    await copyFile(path.join(described, 'package.json'), path.join(aside, 'package.json'))
}

async function linkPackages(from: string, to: string): Promise<void> {
  const packages = path.join(from, 'node_modules')
  if (existsSync(packages)) await symlink(packages, path.join(to, 'node_modules'), 'junction')
}

function upwards(dir: string, top: string): readonly string[] {
  const found: string[] = []
  for (let at = dir; ; at = path.dirname(at)) {
    found.push(at)
    if (at === top || at === path.dirname(at)) return found
  }
}

function commonDir(dirs: readonly string[]): string {
  const [first = '/', ...rest] = dirs
  return rest.reduce((common, dir) => {
    let at = common
    while (dir !== at && !dir.startsWith(at.endsWith(path.sep) ? at : at + path.sep)) at = path.dirname(at)
    return at
  }, first)
}
