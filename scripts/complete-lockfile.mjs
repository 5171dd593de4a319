// Adds the optional packages of other platforms that a registry mirror did not have when the lock file was written: without
// their entries `npm ci` refuses the file. Run it after every `npm install` that changes package-lock.json.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const file = path.join(import.meta.dirname, '..', 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8'))
const systems = {
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  openharmony: 'openharmony',
  win32: 'win32',
}
const processors = {
  arm64: 'arm64',
  arm: 'arm',
  armeabi: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  x64: 'x64',
  loong64: 'loong64',
}

let added = 0
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`
    if (lock.packages[place] || !/^\d/.test(version)) continue
    const platform = platformOf(name)
    if (!platform) continue
    lock.packages[place] = { version, ...platform, ...(entry.dev && { dev: true }), optional: true }
    added++
  }
}
const [root, ...others] = Object.entries(lock.packages)
lock.packages = Object.fromEntries([root, ...others.toSorted(([a], [b]) => a.localeCompare(b, 'en'))])
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} entries added`)

/** `@oxlint/binding-linux-arm-gnueabihf` → os linux, cpu arm. */
function platformOf(name) {
  const words = name.split(/[/-]/)
  const os = words.map((word) => systems[word]).find(Boolean)
  const cpu = words.map((word) => processors[word]).find(Boolean)
  return os && cpu ? { os: [os], cpu: [cpu] } : undefined
}
