import { Secret } from '@sluice/core'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { errorOf, expectCode, gate, openWorld, type World } from '../harness.testsuite.ts'
import { flow, openHome, readValue, run, task } from '../index.ts'

/** Text too large for a row; its beginning tells it from others. */
const large = (begin: string): string => begin.padEnd(70_000, '.')

async function everyByte(dir: string): Promise<string> {
  const files = await readdir(dir, { recursive: true, withFileTypes: true })
  const texts = await Promise.all(
    files.filter((file) => file.isFile()).map((file) => readFile(path.join(file.parentPath, file.name), 'latin1')),
  )
  return texts.join('\n')
}

const shared = { n: 1 }
const cyclic: { self?: unknown; name: string } = { name: 'loop' }
cyclic.self = cyclic

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['NaN, -0 and infinities', [Number.NaN, -0, Infinity, -Infinity]],
  ['bigint', 2n ** 100n],
  ['Date', new Date(1_700_000_000_123)],
  ['Map and Set', new Map<unknown, unknown>([[{ key: 1 }, new Set([1, 'two'])]])],
  ['typed arrays', [new Uint8Array([1, 2, 255]), new Float64Array([0.1, -0]), new BigInt64Array([-1n])]],
  ['ArrayBuffer', new Uint8Array([9, 8]).buffer],
  ['RegExp and URL', [/a+/giu, new URL('https://example.org/?q=1')]],
  ['the same object twice', [shared, shared]],
  ['a cycle', cyclic],
  ['sparse arrays', [1, , 3]], // oxlint-disable-line no-sparse-arrays
  ['text beyond ASCII', 'žluťoučký 🐎 \u0000 \ud83d'],
])('a result comes back from a resume as it was: %s', async (_, value) => {
  await using world = await openWorld()
  let fail = true
  let ran = 0
  const gives = task({ name: 'gives' }, () => {
    ran++
    return value
  })
  const seen: unknown[] = []
  const body = flow({ name: 'f' }, async () => {
    seen.push(await gives())
    if (fail) throw new Error('once')
  })
  await errorOf(world.process().start(body))
  fail = false
  await world.process().goOn(body, 'retry')
  expect(ran).toBe(1)
  expect(seen[1]).toEqual(value)
})

test('shared references stay shared', async () => {
  await using world = await openWorld()
  const twice = await readValue(world.home, await world.home.values.encode([shared, shared], 'test'))
  const [a, b] = twice as readonly unknown[]
  expect(a).toBe(b)
})

test('an error in a result keeps class, message, code, cause and aggregated errors', async () => {
  await using world = await openWorld()
  const given = new AggregateError([new TypeError('inner', { cause: new RangeError('root') })], 'both')
  const back = (await readValue(world.home, await world.home.values.encode({ given }, 'test'))) as {
    given: AggregateError
  }
  expect(back.given).toBeInstanceOf(AggregateError)
  expect(back.given).toMatchObject({
    message: 'both',
    errors: [{ name: 'TypeError', message: 'inner', cause: { name: 'RangeError', message: 'root' } }],
  })
  expect(back.given.errors[0]).toBeInstanceOf(TypeError)
})

test('a failure that is replayed looks as it did: class, code, cause, own properties', async () => {
  await using world = await openWorld()
  class HttpError extends Error {
    override name = 'HttpError'
    status = 503
  }
  const seen: unknown[] = []
  const fails = task({ name: 'fails' }, () => {
    throw Object.assign(new HttpError('busy', { cause: new TypeError('socket') }), { code: 'E_BUSY' })
  })
  const body = flow({ name: 'f' }, async () => {
    seen.push(await errorOf(fails()))
    throw new Error('again')
  })
  await errorOf(world.process().start(body))
  await errorOf(world.process().goOn(body, 'retry'))
  for (const error of seen)
    expect(error).toMatchObject({
      name: 'HttpError',
      message: 'busy',
      code: 'E_BUSY',
      status: 503,
      cause: { name: 'TypeError' },
    })
  expect((seen[1] as { cause: unknown }).cause).toBeInstanceOf(TypeError)
})

test('a secret comes back, and is nowhere in clear text: not in the database, its journal, results, logs or events', async () => {
  await using world = await openWorld({ file: true })
  const plain = 'tr0ub4dor&3'
  const login = task({ name: 'login', runName: () => `as ${plain}` }, (password: Secret) => {
    run.log.info(`using ${password.reveal()}`, { password })
    run.artifact.markdown('note', `it is ${password.reveal()}`)
    return { password, big: large('x') }
  })
  const refused = task({ name: 'refused' }, (password: Secret) => {
    throw new Error(`wrong password ${password.reveal()}`)
  })
  let fail = true
  let back = ''
  const body = flow({ name: 'f' }, async (p: { password: Secret }) => {
    const made = await login(p.password)
    await refused(made.password).settled()
    back = made.password.reveal()
    if (fail) throw new Error(`boom ${back}`)
    return p.password
  })
  const one = world.process()
  await errorOf(one.start(body, { password: new Secret(plain) }))
  fail = false
  back = ''
  const result = await world.process().goOn(body, 'retry')
  expect(back).toBe(plain)
  expect((result as Secret).reveal()).toBe(plain)
  const bytes = await everyByte(world.home.dir)
  expect(bytes).toContain('wrong password ********')
  expect(bytes).not.toContain(plain)
  expect(JSON.stringify(one.events)).not.toContain(plain)
})

test('equal secrets are equal inputs, without their hash telling them', async () => {
  await using world = await openWorld()
  let ran = 0
  const uses = task({ name: 'uses', cache: {} }, (_given: Secret) => ++ran)
  await world
    .process()
    .start(
      flow({ name: 'f' }, async () => [
        await uses(new Secret('same secret')),
        await uses(new Secret('same secret')),
        await uses(new Secret('another')),
      ]),
    )
  expect(ran).toBe(2)
})

test('a result above 64 KiB goes to result storage by its content: equal ones once, the row holds the hash', async () => {
  await using world = await openWorld()
  const gives = task({ name: 'gives' }, (_given: number, begin: string) => large(begin))
  const lengths = flow({ name: 'f' }, async () =>
    (await Promise.all([gives(1, 'a'), gives(2, 'a'), gives(3, 'b')])).map((text) => text.length),
  )
  await world.process().start(lengths)
  const refs = (await world.tasks()).map((row) => (row.result && 'ref' in row.result ? row.result.ref : undefined))
  expect(refs.every((ref) => ref !== undefined)).toBe(true)
  expect(new Set(refs).size).toBe(2)
  const files = await readdir(path.join(world.home.dir, 'results'), { recursive: true, withFileTypes: true })
  expect(new Set(files.filter((file) => file.isFile()).map((file) => file.name))).toEqual(new Set(refs))
})

test('a result of exactly 64 KiB is in the row, one byte more is not; bytes count, not characters', async () => {
  await using world = await openWorld()
  const around = 4 // ["…"]
  const { values } = world.home
  expect(await values.encode('x'.repeat(65_536 - around), 't')).toHaveProperty('text')
  expect(await values.encode('x'.repeat(65_537 - around), 't')).toMatchObject({ bytes: 65_537 })
  expect(await values.encode('é'.repeat(40_000), 't')).toHaveProperty('ref')
})

test('large results are loaded when called for, and handed out in the recorded order all the same', async () => {
  await using world = await openWorld()
  let fail = true
  const seen = gate()
  const gives = task({ name: 'gives' }, async (name: string, size: number) => {
    if (name === 'small') await seen.promise
    return name.padEnd(size, '.')
  })
  const unused = task({ name: 'unused' }, () => large('never asked for again'))
  const orders: string[][] = []
  const body = flow({ name: 'f' }, async () => {
    if (fail) await unused()
    const order: string[] = []
    const note = async (name: string, size: number): Promise<void> => {
      order.push((await gives(name, size)).slice(0, 5))
      seen.open()
    }
    await Promise.all([note('small', 1), note('large', 70_000)])
    orders.push(order)
    if (fail) throw new Error('once')
  })
  await errorOf(world.process().start(body))
  fail = false
  await removeResult(world, 'unused')
  await world.process().goOn(body, 'retry')
  expect(orders).toEqual([
    ['large', 'small'],
    ['large', 'small'],
  ])
})

async function resultFile(world: World, name: string): Promise<string> {
  const [row] = await world.tasks(name)
  const ref = row?.result && 'ref' in row.result ? row.result.ref : ''
  return path.join(world.home.dir, 'results', ref.slice(0, 2), ref)
}
async function removeResult(world: World, name: string): Promise<void> {
  await rm(await resultFile(world, name))
}

test.each([
  ['gone', 'RESULT_MISSING', (file: string) => rm(file)],
  ['damaged', 'RESULT_CORRUPT', (file: string) => writeFile(file, 'something else')],
] as const)(
  'a large result that is %s stops the run with %s, is not the failure of the task, and can be made again',
  async (_, code, spoil) => {
    await using world = await openWorld()
    let fail = true
    let ran = 0
    const gives = task({ name: 'gives' }, () => {
      ran++
      return large('x')
    })
    const body = flow({ name: 'f' }, async () => {
      const text = await gives().catch(() => 'handled?')
      if (fail) throw new Error('once')
      return text.length
    })
    await errorOf(world.process().start(body))
    fail = false
    await spoil(await resultFile(world, 'gives'))
    await expectCode(world.process().goOn(body, 'retry'), code)
    expect(ran).toBe(1)
    expect(await world.process().goOn(body, 'retry', 'gives')).toBe(70_000)
    expect(ran).toBe(2)
  },
)

test('a sealed secret under a key that is gone stops the run, not the process', async () => {
  await using world = await openWorld()
  let fail = true
  const gives = task({ name: 'gives' }, () => new Secret('under the old key'))
  const body = flow({ name: 'f' }, async () => {
    const secret = await gives()
    if (fail) throw new Error('once')
    return secret.reveal()
  })
  await errorOf(world.process().start(body))
  fail = false
  await writeFile(path.join(world.home.dir, 'secret.key'), Buffer.alloc(32, 7).toString('base64'))
  const one = world.process()
  const rekeyed = await openHome({ home: world.home.dir, store: world.store })
  Object.assign(one.home, { values: rekeyed.values, secrets: rekeyed.secrets })
  await expectCode(one.goOn(body, 'retry'), 'SECRET_UNREADABLE')
})

class Connection {
  readonly open = true
}

test.each<[string, string, unknown]>([
  ['result.fn', 'function', { fn: () => 1 }],
  ['result.rows[1].conn', 'Connection', { rows: [{}, { conn: new Connection() }] }],
  ['result', 'symbol', Symbol('s')],
])('a result that cannot be stored fails the task, with the path %s', async (where, kind, value) => {
  await using world = await openWorld()
  const gives = task({ name: 'gives' }, () => value)
  const error = await expectCode(
    world.process().start(flow({ name: 'f' }, async () => void (await gives()))),
    'RESULT_UNSERIALIZABLE',
  )
  expect(error.message).toContain(`at ${where}`)
  expect(error.message).toContain(kind)
  expect((await world.tasks())[0]).toMatchObject({
    state: { name: 'Failed' },
    error: { code: 'RESULT_UNSERIALIZABLE' },
  })
})

test('persist: false keeps nothing: any result will do, and the task runs again on every resume', async () => {
  await using world = await openWorld()
  let ran = 0
  const connects = task({ name: 'connects', persist: false }, () => ({ n: ++ran, query: () => 'rows' }))
  let fail = true
  const body = flow({ name: 'f' }, async () => {
    const { query } = await connects()
    if (fail) throw new Error('once')
    return query()
  })
  await errorOf(world.process().start(body))
  expect((await world.tasks())[0]).toMatchObject({ state: { name: 'Completed' }, checkpoint: false, result: null })
  fail = false
  expect(await world.process().goOn(body, 'retry')).toBe('rows')
  expect(ran).toBe(2)
})

test('a result of the run itself that cannot be stored fails the run', async () => {
  await using world = await openWorld()
  await expectCode(world.process().start(flow({ name: 'f' }, () => ({ fn: () => 1 }))), 'RESULT_UNSERIALIZABLE')
  expect(await world.run()).toMatchObject({ state: { name: 'Failed' }, error: { code: 'RESULT_UNSERIALIZABLE' } })
})

test('parameters that cannot be stored are refused before the run is recorded', async () => {
  await using world = await openWorld()
  await expectCode(
    world.process().start(
      flow({ name: 'f' }, (_given: object) => 1),
      { fn: () => 1 },
    ),
    'RESULT_UNSERIALIZABLE',
  )
  expect((await world.store.listRuns({ limit: 1 })).items).toEqual([])
})
