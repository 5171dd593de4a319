import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeConfigFile } from './config-file.ts'
import { findConnection } from './connection.ts'
import { findHomeDir } from './find-home.ts'
import { runningServer, type ServerFile, serverFiles } from './running-servers.ts'

let dir = ''
let env: Readonly<Record<string, string>> = {}
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'sluice-connection-'))
  env = { XDG_CONFIG_HOME: path.join(dir, 'config'), SLUICE_HOME: path.join(dir, '.sluice') }
  mkdirSync(path.join(dir, '.sluice/servers'), { recursive: true })
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A server file of this machine, as a server would write it. */
const serves = (file: Partial<ServerFile>): void => {
  const startedAt = '2026-01-01T00:00:00.000Z'
  const server = { url: 'http://127.0.0.1:4200', pid: process.pid, host: hostname(), startedAt, ...file }
  const text = JSON.stringify({ store: 'sqlite', ...server })
  writeFileSync(path.join(dir, `.sluice/servers/${server.pid}-${new URL(server.url).port}.json`), text)
}

const runs = (pid: number): void => {
  serves({ pid })
  writeFileSync(path.join(dir, '.sluice/token'), 'home-token\n')
}

test('what is given counts more than the environment, that more than the profile, that more than the home', async () => {
  expect(await findConnection({ cwd: dir, env })).toBeUndefined()
  runs(process.pid)
  expect(await findConnection({ cwd: dir, env })).toMatchObject({ from: 'home', token: 'home-token' })
  await writeConfigFile(env, {
    profile: 'p',
    profiles: { p: { url: 'https://p.example.org', token: 't' } },
    settings: {},
  })
  expect(await findConnection({ cwd: dir, env })).toEqual({ from: 'profile', url: 'https://p.example.org', token: 't' })
  const set = { ...env, SLUICE_API_URL: 'https://e.example.org/', SLUICE_API_TOKEN: 'e' }
  expect(await findConnection({ cwd: dir, env: set })).toEqual({
    from: 'environment',
    url: 'https://e.example.org',
    token: 'e',
  })
  const given = await findConnection({ cwd: dir, env: set, url: 'https://o.example.org', token: 'o' })
  expect(given).toEqual({ from: 'option', url: 'https://o.example.org', token: 'o' })
})

test('a server of the home whose runs are in a database elsewhere says so', async () => {
  runs(process.pid)
  expect(await findConnection({ cwd: dir, env })).not.toHaveProperty('storeElsewhere')
  serves({ store: 'postgres' })
  expect(await findConnection({ cwd: dir, env })).toMatchObject({ from: 'home', storeElsewhere: true })
})

test('the token of the home opens servers of this machine only: it is sent nowhere else', async () => {
  runs(process.pid)
  const here = await findConnection({ cwd: dir, env, url: 'http://127.0.0.1:9999' })
  expect(here?.token).toBe('home-token')
  const there = await findConnection({ cwd: dir, env, url: 'https://sluice.example.org' })
  expect(there?.token).toBeUndefined()
  const alike = await findConnection({ cwd: dir, env, url: 'https://127.0.0.1.example.org' })
  expect(alike?.token).toBeUndefined()
})

test('several servers may be named: each is checked, and the token of the home is sent only when all are here', async () => {
  runs(process.pid)
  const url = 'http://127.0.0.1:4201/, http://localhost:4202'
  expect(await findConnection({ cwd: dir, env: { ...env, SLUICE_API_URL: url } })).toEqual({
    from: 'environment',
    url: 'http://127.0.0.1:4201',
    others: ['http://localhost:4202'],
    token: 'home-token',
  })
  const mixed = await findConnection({ cwd: dir, env, url: 'http://127.0.0.1:4201,https://sluice.example.org' })
  expect(mixed?.token).toBeUndefined()
  await expect(findConnection({ cwd: dir, env, url: 'http://127.0.0.1:4201,' })).rejects.toMatchObject({
    code: 'OPTION_INVALID',
  })
})

test('a server that died without tidying up is none, nor is a file that is half written', () => {
  const home = path.join(dir, '.sluice')
  runs(2 ** 30)
  expect(runningServer(home)).toBeUndefined()
  writeFileSync(path.join(home, 'servers/1-4200.json'), '{"url": "http')
  expect(runningServer(home)).toBeUndefined()
})

test('of several servers the one that started last counts, and when it has died the one before it', () => {
  const home = path.join(dir, '.sluice')
  const first = { url: 'http://127.0.0.1:18121', startedAt: '2026-01-01T00:00:00.000Z' }
  const second = { url: 'http://127.0.0.1:18122', startedAt: '2026-01-02T00:00:00.000Z' }
  serves(second)
  serves(first)
  expect(runningServer(home)?.url).toBe(second.url)
  rmSync(path.join(home, `servers/${process.pid}-18122.json`))
  serves({ ...second, pid: 2 ** 30 })
  expect(runningServer(home)?.url).toBe(first.url)
})

test('a server of another machine that shares the home is none of this one, whatever its process id is here', () => {
  const home = path.join(dir, '.sluice')
  serves({ host: 'another' })
  expect(runningServer(home)).toBeUndefined()
  serves({ host: 'another', pid: 2 ** 30 })
  expect(serverFiles(home).map(({ gone }) => gone)).toEqual([false, false])
})

test.each([
  ['nowhere', /not an address/],
  ['file:///etc/passwd', /not an address/],
  ['http://user:pass@127.0.0.1', /token does not belong/],
])('%s is no address of a server', async (url, message) => {
  await expect(findConnection({ cwd: dir, env, url })).rejects.toThrow(message)
})

test('a profile that there is not is refused with the one that was meant', async () => {
  await writeConfigFile(env, { profiles: { production: { url: 'https://p.example.org' } }, settings: {} })
  const wrong = { ...env, SLUICE_PROFILE: 'prodution' }
  await expect(findConnection({ cwd: dir, env: wrong })).rejects.toThrow(/did you mean 'production'/)
})

test.each([
  ['profile = [', /config\.toml/],
  ['colour = "red"', /'colour' is not known/],
  ['[profiles.p]\nurl = 1', /profile 'p' has no url/],
  ['[profiles.p]\nurl = "https://x"\nsecret = "y"', /'secret' of profile 'p'/],
])('a configuration file that says %j is refused by name', async (text, message) => {
  mkdirSync(path.join(dir, 'config/sluice'), { recursive: true })
  writeFileSync(path.join(dir, 'config/sluice/config.toml'), text)
  await expect(findConnection({ cwd: dir, env })).rejects.toThrow(message)
})

test('the home is that of the nearest directory upwards', () => {
  const deep = path.join(dir, 'a/b')
  mkdirSync(deep, { recursive: true })
  expect(findHomeDir(deep, {})).toBe(path.join(dir, '.sluice'))
  expect(findHomeDir(deep, { SLUICE_HOME: 'here' })).toBe(path.join(deep, 'here'))
})
