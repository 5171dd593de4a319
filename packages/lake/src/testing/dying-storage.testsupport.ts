import type { LakeStorage } from '../storage/lake-storage.ts'

class Crash extends Error {}

/** A storage whose process dies before or after the n-th thing it writes; from then on nothing works. */
export function dyingStorage(
  storage: LakeStorage,
  at: number,
  when: 'before' | 'after',
): LakeStorage & { readonly writes: number } {
  let writes = 0
  const dying = async <T>(write: () => Promise<T>): Promise<T> => {
    const n = writes++
    if (n > at || (n === at && when === 'before')) throw new Crash()
    const result = await write()
    if (n === at) throw new Crash()
    return result
  }
  return {
    get writes() {
      return writes
    },
    url: storage.url,
    staging: storage.staging,
    put: (...args) => dying(() => storage.put(...args)),
    putFile: (...args) => dying(() => storage.putFile(...args)),
    get: (key) => storage.get(key),
    getRange: (...args) => storage.getRange(...args),
    head: (key) => storage.head(key),
    list: (prefix) => storage.list(prefix),
    delete: (keys) => storage.delete(keys),
    lend: (files) => storage.lend(files),
    addressOf: (key) => storage.addressOf(key),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
