import { runningServer } from '@sluice/api/node'
import { SluiceError } from '@sluice/core'
import { createSecretBox, type Home, secretKeyOf, type SecretBox } from '@sluice/engine'
import { keyFingerprintSetting } from '@sluice/server'
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { withHome } from '../connect/with-home.ts'
import type { CliIo } from '../io.ts'
import { showOne } from '../output/show-list.ts'
import { newKey } from '../platform.ts'
import { readAll } from '../runs/read-all.ts'

export interface RotateFlags {
  readonly json: boolean
  /** Where the new key comes from, `-` or `@file`: only where the key is in the environment. */
  readonly key?: string | undefined
}

/**
 * `sluice db rotate-key`: seals the secrets of all blocks under a new key. What runs hold stays sealed under the old one, which is kept
 * to open it. The new key is in its place before anything is sealed with it, so that a crash in between loses nothing.
 */
export async function rotateKey(flags: RotateFlags, io: CliIo): Promise<number> {
  return withHome(
    io,
    async (home) => {
      const server = runningServer(home.dir)
      if (server !== undefined)
        throw new SluiceError('OPTION_INVALID', {
          option: 'rotate-key',
          problem: `the server at ${server.url} has the old key in memory: stop it first`,
        })
      const own = io.env['SLUICE_SECRET_KEY']
      const box = own === undefined || own === '' ? newKeyInHome(home, flags, io) : await givenKey(own, flags, io)
      const blocks = await resealBlocks(home, box)
      await home.store.putSetting(keyFingerprintSetting, box.fingerprint('sluice key'))
      return showOne({ blocks }, () => told(blocks, own !== undefined), flags.json, io)
    },
    { create: true },
  )
}

async function resealBlocks({ store }: Home, box: SecretBox): Promise<number> {
  const all = await readAll((after) => store.listBlocks({ limit: 1000, ...after }))
  const changes = all.flatMap(({ id, secrets }) =>
    secrets === null ? [] : [{ id, before: secrets, after: box.seal(box.open(secrets)) }],
  )
  return changes.length === 0 ? 0 : store.resealBlocks(changes)
}

function newKeyInHome({ dir }: Home, flags: RotateFlags, io: CliIo): SecretBox {
  if (flags.key !== undefined)
    throw new SluiceError('OPTION_INVALID', { option: '--key', problem: 'the key of this home is made by itself' })
  const file = path.join(dir, 'secret.key')
  appendFileSync(`${file}.previous`, `${secretKeyOf(dir, io.env)}\n`, { mode: 0o600 })
  writeFileSync(`${file}.new`, newKey(), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return createSecretBox(dir, io.env)
}

async function givenKey(own: string, { key }: RotateFlags, io: CliIo): Promise<SecretBox> {
  if (key !== '-' && key?.startsWith('@') !== true)
    throw new SluiceError('OPTION_INVALID', {
      option: '--key',
      problem: 'the key is in SLUICE_SECRET_KEY, so give the new one as - (standard input) or @file',
    })
  const text = key === '-' ? await io.readInput() : readFileSync(path.resolve(io.cwd, key.slice(1)), 'utf8')
  return createSecretBox(io.cwd, { SLUICE_SECRET_KEY: text.trim(), SLUICE_PREVIOUS_SECRET_KEYS: own })
}

function told(blocks: number, inEnvironment: boolean): string[] {
  const where = inEnvironment
    ? 'Start every server with the new SLUICE_SECRET_KEY, and the old one in SLUICE_PREVIOUS_SECRET_KEYS.'
    : 'The old key is in secret.key.previous: it opens what runs of before hold.'
  return [`${blocks} ${blocks === 1 ? 'block is' : 'blocks are'} sealed under the new key. ${where}`]
}
