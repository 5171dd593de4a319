import { openStore } from '@sluice/store'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { LakeHome } from '../catalog/open-server-lake.ts'

/** A home with a database in a file. */
export interface FileHome extends LakeHome, AsyncDisposable {}

export async function openFileHome(): Promise<FileHome> {
  const dir = await mkdtemp(path.join(tmpdir(), 'sluice-served-home-'))
  const store = await openStore(path.join(dir, 'sluice.db'))
  return {
    dir,
    store,
    async [Symbol.asyncDispose]() {
      await store.close()
      await rm(dir, { recursive: true })
    },
  }
}
