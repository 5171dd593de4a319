import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { FakeServer } from '../fake-server.fixture.ts'
import { cleanUpAfterEach, makeProject, startFakeServer } from '../worker-harness.fixture.ts'

cleanUpAfterEach()

const packages = path.resolve(import.meta.dirname, '../../..')

/** A script that deploys or serves by itself, as `sluice` lets it. */
function script(server: FakeServer, call: string): string {
  return makeProject({
    'etl.ts': `import { setDeploymentHost } from '${packages}/engine/src/index.ts'
import { deploymentHost } from '${packages}/worker/src/index.ts'
import { flow } from 'sluice'
export const ingest = flow({ name: 'ingest-taxi' }, async () => 42)
setDeploymentHost(deploymentHost({ url: '${server.url}', token: 't', project: import.meta.dirname }))
console.log(JSON.stringify(await ${call}))`,
  })
}

test('a script outside the project says that it is, and which project is meant', async () => {
  const server = await startFakeServer()
  const project = script(server, "ingest.deploy({ name: 'nightly' })")
  const text = readFileSync(path.join(project, 'etl.ts'), 'utf8')
  const other = makeProject()
  writeFileSync(path.join(project, 'etl.ts'), text.replace('import.meta.dirname }', `'${other}' }`))
  const child = spawn(process.execPath, ['--conditions=source', 'etl.ts'], { cwd: project })
  let said = ''
  child.stderr.on('data', (data) => (said += String(data)))
  expect((await once(child, 'close'))[0]).toBe(1)
  expect(said).toContain(`lies outside the project ${other}`)
})

function start(project: string): { readonly ended: Promise<unknown>; signal(name: NodeJS.Signals): void } {
  const child = spawn(process.execPath, ['--conditions=source', 'etl.ts'], { cwd: project, stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))
  return { ended, signal: (name) => void child.kill(name) }
}

test('a script deploys its own flow, under its export and pinned to its code', async () => {
  const server = await startFakeServer()
  const project = script(server, "ingest.deploy({ name: 'nightly', cron: '0 3 * * *' })")
  expect(await start(project).ended).toBe(0)
  expect(server.deployments.get('ingest-taxi/nightly')?.given).toMatchObject({
    entrypoint: 'etl.ts:ingest',
    source: { path: project },
    schedules: [{ cron: '0 3 * * *' }],
    contentHash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  })
})

test('a script that serves its flow runs what is due, until it is stopped', async () => {
  const server = await startFakeServer()
  const project = script(server, "ingest.serve({ name: 'here', pool: 'mine', limit: 3 })")
  const serving = start(project)
  await server.until(() => server.deployments.size > 0)
  const contentHash = server.deployments.get('ingest-taxi/here')?.given.contentHash ?? ''
  const id = await server.submit({ flow: 'ingest-taxi', entrypoint: 'etl.ts:ingest', directory: project, contentHash })
  expect((await server.untilState(id, 'Completed', 'Failed', 'Crashed')).state.name).toBe('Completed')
  expect(server.registrations).toMatchObject([{ pool: 'mine', name: 'ingest-taxi/here', capacity: 3 }])
  serving.signal('SIGTERM')
  expect(await serving.ended).toBe(0)
  expect(server.stopped).toHaveLength(1)
})
