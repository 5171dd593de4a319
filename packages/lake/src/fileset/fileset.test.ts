import { flow, openHome, type OpenHome, startRun, task } from '@sluice/engine'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lakeOf } from '../table/open-lake.ts'
import { lake, table } from '../table/table.ts'
import { type FileContent, fileset } from './fileset.ts'
import { openFileset } from './open-fileset.ts'

let directory: string
let home: OpenHome
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sluice-fileset-'))
  home = await openHome({ home: path.join(directory, '.sluice') })
})
afterAll(async () => {
  await (await lakeOf(home))[Symbol.asyncDispose]()
  await home.close()
  await rm(directory, { recursive: true, force: true })
})

let count = 0
let name: string
beforeEach(() => {
  name = `raw.files_${++count}`
})

const inRun = <T>(body: () => Promise<T>): Promise<T> =>
  startRun(flow({ name: 'f' }, body), undefined, { home }) as Promise<T>

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = async (file: Promise<{ bytes(): Promise<Uint8Array> }>): Promise<string> =>
  new TextDecoder().decode(await (await file).bytes())

/** The files that hold contents. */
async function contents(): Promise<readonly string[]> {
  const all = await readdir(path.join(directory, '.sluice', 'lake', 'raw'), { recursive: true })
  return all.filter((file) => file.startsWith(`${name.slice(4)}-`) && /files.[0-9a-f]{64}$/.test(file))
}

describe('a fileset', () => {
  test('keeps any bytes under a name, with what they are', async () => {
    const files = fileset(name, { owner: 'legal@example.org', description: 'Contracts' })
    const file = path.join(directory, 'x.pdf')
    await writeFile(file, '%PDF-1.7 from a path')
    async function* pieces() {
      yield bytesOf('streamed ')
      yield bytesOf('in pieces')
    }
    await inRun(async () => {
      const put = await files.put('2026/acme.pdf', file, { metadata: { party: 'Acme' } })
      const sha256 = createHash('sha256').update('%PDF-1.7 from a path').digest('hex')
      expect(put).toMatchObject({ name: '2026/acme.pdf', mediaType: 'application/pdf', size: 20, sha256 })
      await files.put('notes', pieces())
      await files.put('web', new Response('from a web stream').body ?? bytesOf(''))
      await files.put('empty', new Uint8Array())
      await files.put('odd \u00e4 "name\'', bytesOf('{}'), { mediaType: 'application/x-odd' })
      expect(await files.get('2026/acme.pdf')).toMatchObject({ ...put, metadata: { party: 'Acme' } })
      expect(await textOf(files.get('notes'))).toBe('streamed in pieces')
      expect(await textOf(files.get('web'))).toBe('from a web stream')
      expect(await textOf(files.get('empty'))).toBe('')
      expect((await files.get('odd \u00e4 "name\'')).mediaType).toBe('application/x-odd')
      expect((await files.list()).map((each) => [each.name, each.mediaType])).toEqual([
        ['2026/acme.pdf', 'application/pdf'],
        ['empty', 'application/octet-stream'],
        ['notes', 'text/plain'],
        ['odd \u00e4 "name\'', 'application/x-odd'],
        ['web', 'text/plain'],
      ])
      expect(await files.list({ prefix: '2026/' })).toHaveLength(1)
      expect(await files.list({ where: { media_type: 'text/plain', size: { gt: 17 } } })).toMatchObject([
        { name: 'notes' },
      ])
      const rows = await lake.sql`select name, size from ${files} where media_type = 'application/pdf'`.all()
      expect(rows).toEqual([{ name: '2026/acme.pdf', size: 20 }])
    })
  })

  test('keeps every version of a name, and equal bytes once', async () => {
    const files = fileset(name)
    await inRun(async () => {
      const first = await files.put('a', bytesOf('one'))
      const second = await files.put('a', bytesOf('two'))
      await files.put('b', bytesOf('one'))
      expect(await textOf(files.get('a'))).toBe('two')
      expect(await textOf(files.get('a', { version: first.version }))).toBe('one')
      expect((await files.versions('a')).map(({ version }) => version)).toEqual([second.version, first.version])
      expect([await files.remove('a'), await files.remove('a'), await files.remove('none')]).toEqual([
        true,
        false,
        false,
      ])
      await expect(files.get('a')).rejects.toMatchObject({ code: 'FILESET_FILE_NOT_FOUND' })
      expect(await textOf(files.get('a', { version: second.version }))).toBe('two')
      expect((await files.versions('a')).map(({ removed }) => removed)).toEqual([true, false, false])
      await expect(files.get('a', { version: (await files.versions('a'))[0]?.version ?? '' })).rejects.toMatchObject({
        code: 'FILESET_FILE_NOT_FOUND',
      })
      await files.put('a', bytesOf('three'))
      expect(await textOf(files.get('a'))).toBe('three')
      expect((await files.list()).map((each) => each.name)).toEqual(['a', 'b'])
    })
    expect(await contents()).toHaveLength(3)
  })

  test('what was put last is current, also from a machine whose clock is behind', async () => {
    await inRun(() => fileset(name).put('a', bytesOf('first')))
    const opened = await lakeOf(home)
    const behind = { ...opened, platform: { ...opened.platform, now: () => 0 } }
    await openFileset(behind, name, undefined).put('a', bytesOf('second'), { loadId: 'behind', tableOptions: {} })
    expect(await inRun(() => textOf(fileset(name).get('a')))).toBe('second')
  })

  test('takes many files at once, from the first one on', async () => {
    const files = fileset(name)
    await inRun(async () => {
      await Promise.all(['a', 'b', 'c', 'd'].map((each) => files.put(each, bytesOf(each))))
      expect((await files.list()).map((each) => each.name)).toEqual(['a', 'b', 'c', 'd'])
    })
  })

  test('is found by search: the fileset, and its files by name and metadata, until they are removed', async () => {
    const files = fileset(name, { description: `Signed papers ${name}` })
    await inRun(async () => {
      await files.put('2026/zeppelin.pdf', bytesOf('%PDF-1'), { metadata: { party: 'Hindenburg' } })
      const found = async (text: string) => (await lake.search(text)).items.map(({ kind, file }) => file ?? kind)
      expect(await found(`papers ${name}`)).toEqual(['fileset'])
      expect(await found('zeppelin hindenburg pdf')).toEqual(['2026/zeppelin.pdf'])
      await files.remove('2026/zeppelin.pdf')
      expect(await found('zeppelin')).toEqual([])
      await files.put('airship', bytesOf('x'))
      expect(await found('airship')).toEqual(['airship'])
      await (await lakeOf(home)).catalog.drop(name)
      expect(await found('airship')).toEqual([])
    })
  })

  test('in a task is put once at every try, and is part of the lineage', async () => {
    const [files, texts] = [fileset(name), table(`${name}_texts`)]
    let tries = 0
    const put = task({ name: 'put', retries: 1 }, async () => {
      const { version } = await files.put('a', bytesOf(`try ${tries}`))
      if (tries++ === 0) throw new Error('after it was put')
      return version
    })
    const read = task({ name: 'read' }, async () => texts.append([{ text: await textOf(files.get('a')) }]))
    await inRun(async () => {
      const version = await put()
      await read()
      expect(await files.versions('a')).toMatchObject([{ version }])
      expect(await textOf(files.get('a'))).toBe('try 0')
      expect((await lake.lineage(texts)).links).toMatchObject([{ from: name, to: `${name}_texts` }])
    })
  })

  test.each(['../x', '/etc/passwd', 'a/../../x', 'a//b', 'a\u0000b', 'a\nb', 'a\\b', '', '.', 'x'.repeat(300)])(
    'refuses the name %j',
    async (bad) => {
      await expect(inRun(() => fileset(name).put(bad, bytesOf('x')))).rejects.toMatchObject({
        code: 'LAKE_PATH_INVALID',
      })
      await expect(inRun(() => fileset(name).get(bad))).rejects.toMatchObject({ code: 'LAKE_PATH_INVALID' })
    },
  )

  test('refuses what is no content, and leaves nothing behind', async () => {
    const files = fileset(name)
    const put = (content: unknown): Promise<unknown> => inRun(() => files.put('a', content as FileContent))
    await expect(put(path.join(directory, 'none'))).rejects.toMatchObject({ code: 'LOAD_SOURCE_NOT_FOUND' })
    await expect(put(7)).rejects.toMatchObject({ code: 'LOAD_SOURCE_INVALID' })
    await expect(put(new URL('https://example.org/x'))).rejects.toMatchObject({ code: 'LOAD_SOURCE_INVALID' })
    async function* broken() {
      yield bytesOf('half')
      throw new Error('the line is dead')
    }
    await expect(put(broken())).rejects.toThrow('the line is dead')
    expect(await inRun(() => files.list())).toEqual([])
    expect(await contents()).toEqual([])
    await inRun(() => table(`${name}_t`).append([{ id: 1 }]))
    await expect(inRun(() => fileset(`${name}_t`).put('a', bytesOf('x')))).rejects.toMatchObject({
      code: 'TABLE_EXISTS',
    })
  })
})
