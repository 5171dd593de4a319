import { describe, expect, test } from 'vitest'
import { testApp, type TestApp } from './test-app.testsupport.ts'

test('blocks keep their secrets sealed, show asterisks, and keep what is sent back as asterisks', async () => {
  await using server = await testApp()
  const params = { kind: 'PostgresDatabase', name: 'warehouse' }
  const put = (fields: Record<string, string | number>) => server.client.putBlock({ params, body: { fields } })
  const shown = await put({ host: 'db', password: 'hunter22' })
  expect(shown).toMatchObject({ fields: { host: 'db' }, secrets: { password: '********' } })
  await put({ host: 'db2', password: '********' })
  const stored = await server.home.store.getBlock(params.kind, params.name)
  expect(JSON.stringify(stored)).not.toContain('hunter22')
  const { id } = await server.client.createRun({ body: { entrypoint: 'a.ts:a', flow: 'a' } })
  const epoch = (await server.home.store.readControl(id))?.epoch ?? 0
  const engine = server.clientOf(server.runTokens.mint(id, epoch))
  expect(await engine.openBlock({ params: { run: id, ...params } })).toMatchObject({
    fields: { host: 'db2', password: 'hunter22' },
  })
  await expect(put({ hots: 'db' })).rejects.toMatchObject({
    code: 'BLOCK_INVALID',
    details: { issues: [{ path: 'hots' }] },
  })
})

describe('which blocks a run opens', () => {
  const params = { kind: 'Secret', name: 'api-key' }
  const openFor = async (server: TestApp, id: string): Promise<unknown> => {
    const epoch = (await server.home.store.readControl(id))?.epoch ?? 0
    return server.clientOf(server.runTokens.mint(id, epoch)).openBlock({ params: { run: id, ...params } })
  }
  const declared = { flow: 'a', name: 'd', entrypoint: 'a.ts:a', contentHash: 'h' }
  const source = { kind: 'directory', path: '/project' } as const

  test('of a deployment: those that it names, also when it names them only afterwards', async () => {
    await using server = await testApp()
    await server.client.putBlock({ params, body: { fields: { value: 'hunter22' } } })
    const deploy = (blocks: string[]) => server.client.putDeployment({ body: { ...declared, source, blocks } })
    const { deployment } = await deploy(['Secret/other', 'PostgresDatabase/api-key'])
    expect(deployment).toMatchObject({ blocks: ['Secret/other', 'PostgresDatabase/api-key'], jobVariables: {} })
    const { id } = await server.client.runDeployment({ params: { deployment: 'a/d' } })
    await expect(openFor(server, id)).rejects.toMatchObject({
      code: 'BLOCK_NOT_ALLOWED',
      message: expect.stringContaining('--block'),
    })
    await deploy(['Secret/api-key'])
    expect(await openFor(server, id)).toMatchObject({ fields: { value: 'hunter22' } })
    const later = await server.client.runDeployment({ params: { deployment: 'a/d' } })
    await deploy([])
    expect(await openFor(server, later.id)).toMatchObject({ fields: { value: 'hunter22' } })
    await expect(openFor(server, id)).rejects.toMatchObject({ code: 'BLOCK_NOT_ALLOWED' })
  })

  test('of an entrypoint: any when the home started it, none when an API token did', async () => {
    await using server = await testApp()
    await server.client.putBlock({ params, body: { fields: { value: 'hunter22' } } })
    const { token } = await server.client.createToken({ body: { name: 'ci', scopes: ['run'] } })
    const body = { entrypoint: 'a.ts:a', flow: 'a' }
    const theirs = await server.clientOf(token).createRun({ body })
    await expect(openFor(server, theirs.id)).rejects.toMatchObject({ code: 'BLOCK_NOT_ALLOWED' })
    expect(await openFor(server, (await server.client.createRun({ body })).id)).toMatchObject({ name: 'api-key' })
  })

  test('no job variable passes for a list of blocks', async () => {
    await using server = await testApp()
    const body = { ...declared, source, jobVariables: { 'sluice.blocks': ['Secret/api-key'] } }
    await expect(server.client.putDeployment({ body })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})
