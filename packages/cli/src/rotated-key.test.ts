import { expect, test } from 'vitest'
import { createProject, type Ended, type Project, shareCompileCache, type Started } from './cli.fixture.ts'

const flows = `
import { flow, pause, run, Secret, task } from 'sluice'
const login = task({ name: 'login' }, async () => { run.log.info('logging in'); return new Secret('hunter22') })
export const holds = flow({ name: 'holds' }, async () => {
  const token = await login()
  await pause({ key: 'go' })
  return token.reveal().length
})
await holds.deploy({ name: 'on', blocks: [] })
`

test('a run that holds a secret goes on with its worker after the key was rotated', async () => {
  using project = createProject({ 'flows/holds.ts': flows })
  shareCompileCache(project)
  const before = await startDev(project)
  const id = String(json(await project.main(['deployments', 'run', 'holds/on', '--json']))['id'])
  await until(async () => (await project.main(['waits', 'ls'])).stdout.includes('go'))
  await stop(before)
  expect(await project.main(['db', 'rotate-key'])).toMatchObject({ code: 0 })
  const after = await startDev(project)
  try {
    expect(await project.main(['runs', 'answer', id, '--value', 'true'])).toMatchObject({ code: 0 })
    await project.main(['runs', 'logs', '-f', id])
    expect(json(await project.main(['runs', 'show', id, '--json']))).toMatchObject({
      state: { name: 'Completed' },
      result: 8,
    })
    expect((await project.main(['runs', 'logs', id])).stdout.match(/logging in/g)).toHaveLength(1)
  } finally {
    await stop(after)
  }
}, 120_000)

async function startDev(project: Project): Promise<Started> {
  const dev = project.start(['dev', '--port', '0'])
  await dev.said('takes runs of pool')
  await until(async () => (await project.main(['deployments', 'ls'])).stdout.includes('holds'))
  return dev
}

async function stop(dev: Started): Promise<void> {
  dev.kill('SIGINT')
  await dev.ended
}

const json = ({ stdout }: Ended): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it never happened')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
