import { createRequire } from 'node:module'

// A process of its own: which drivers are loaded when.
const { openStore } = await import('../index.ts')

function drivers(): string {
  const { moduleLoadList } = process as unknown as { readonly moduleLoadList: readonly string[] }
  const sqlite = moduleLoadList.some((name) => name.endsWith(' sqlite')) ? ['node:sqlite'] : []
  const pg = Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('node_modules/pg/'))
  return [...sqlite, ...(pg ? ['pg'] : [])].join(' ')
}

console.log(`imported: ${drivers()}`)
await using _store = await openStore(process.argv[2] ?? '')
console.log(`opened: ${drivers()}`)
