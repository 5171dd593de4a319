import { isSecret } from '@sluice/core'
import { testHome } from '@sluice/testing'
import { expect, test } from 'vitest'
import { block, flow, type OpenHome, run, startRun, task, variable } from '../index.ts'

const reporter = { event: () => undefined }

async function save(home: OpenHome, kind: string, name: string, fields: object, secrets: object): Promise<void> {
  const sealed = home.secrets.seal(JSON.stringify(secrets))
  await home.store.putBlock({ kind, name, fields: JSON.stringify(fields), secrets: sealed })
}

test('a flow and its tasks read variables by name', async () => {
  await using home = await testHome()
  await home.store.putVariable('regions', '["eu","us"]')
  const count = task({ name: 'count' }, async () => (await variable<string[]>('regions')).length)
  const reads = flow({ name: 'reads' }, async () => [await variable('regions'), await count()])
  expect(await startRun(reads, undefined, { home, reporter })).toEqual([['eu', 'us'], 2])
})

test('the secrets of a block are Secrets, and no log shows them', async () => {
  await using home = await testHome()
  await save(home, 'Secret', 'api-key', {}, { value: 'correct horse battery' })
  const reads = flow({ name: 'reads' }, async () => {
    const { value } = await block('Secret', 'api-key')
    run.log.info(`the key is ${value.reveal()}`)
    return [isSecret(value), value.reveal().length]
  })
  expect(await startRun(reads, undefined, { home, reporter })).toEqual([true, 21])
  const [record] = (await home.store.listRuns({ limit: 1 })).items
  const logs = await home.store.listLogs({ rootId: record?.id ?? '', limit: 10 })
  expect(logs.items.map((line) => line.message)).toEqual(['the key is ********'])
})

test('a database that was saved as a URL comes as its parts', async () => {
  await using home = await testHome()
  await save(
    home,
    'PostgresDatabase',
    'warehouse',
    { database: 'rides' },
    { url: 'postgres://etl:p%40ss@db.example:5433/taxi?sslmode=require' },
  )
  const reads = flow({ name: 'reads' }, async () => {
    const { password, ...rest } = await block('PostgresDatabase', 'warehouse')
    return { ...rest, password: password?.reveal() }
  })
  expect(await startRun(reads, undefined, { home, reporter })).toEqual({
    host: 'db.example',
    port: 5433,
    database: 'rides',
    user: 'etl',
    password: 'p@ss',
    ssl: true,
  })
})

test('what nobody saved is told by name', async () => {
  await using home = await testHome()
  const reads = flow({ name: 'reads' }, async () => variable('region'))
  await expect(startRun(reads, undefined, { home, reporter })).rejects.toMatchObject({ code: 'VARIABLE_NOT_FOUND' })
  const opens = flow({ name: 'opens' }, async () => block('Secret', 'absent'))
  await expect(startRun(opens, undefined, { home, reporter })).rejects.toMatchObject({ code: 'BLOCK_NOT_FOUND' })
  await expect(variable('region')).rejects.toMatchObject({ code: 'OUTSIDE_RUN' })
})
