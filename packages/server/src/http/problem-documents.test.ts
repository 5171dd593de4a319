import { SluiceError } from '@sluice/core'
import { once } from 'node:events'
import { connect as openSocket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Services } from '../services.ts'
import { ask } from './request.testsupport.ts'
import { testApp } from './test-app.testsupport.ts'

describe('what goes wrong is a problem document', () => {
  test('with its own status, code and next step, for what is not there and for methods that do not work', async () => {
    await using server = await testApp()
    const missing = await ask(server, 'GET', '/api/nothing')
    expect([
      missing.statusCode,
      String(missing.headers['content-type']).split(';')[0],
      missing.json().code,
    ]).toStrictEqual([404, 'application/problem+json', 'ROUTE_NOT_FOUND'])
    const method = await ask(server, 'DELETE', '/api/runs')
    expect([method.statusCode, method.headers['allow'], method.json().code]).toStrictEqual([
      405,
      'GET, POST',
      'METHOD_NOT_ALLOWED',
    ])
  })

  test.each([
    ['application/json; charset=latin1', 415],
    ['application/json;charset="UTF-16"', 415],
    ['text/plain', 415],
    ['application/json; charset=UTF-8', 201],
    ['application/json; charset="utf-8"', 201],
  ])('%s as the type of a body: %i', async (type, status) => {
    await using server = await testApp()
    const answer = await server.app.inject({
      method: 'POST',
      url: '/api/runs',
      headers: { host: 'localhost', authorization: `Bearer ${server.token}`, 'content-type': type },
      payload: JSON.stringify({ entrypoint: 'f.ts:f' }),
    })
    expect(answer.statusCode).toBe(status)
    if (status === 415) expect(answer.json()).toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED' })
  })

  test('with an issue for each wrong part of a request', async () => {
    await using server = await testApp()
    const answer = await server.app.inject({
      method: 'POST',
      url: '/api/runs',
      headers: { host: 'localhost', authorization: `Bearer ${server.token}` },
      payload: { priority: 1_000, surplus: 1 },
    })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({
      type: '/api/docs/errors#REQUEST_INVALID',
      errors: [{ path: 'body.priority' }, { path: 'body' }],
    })
  })

  test('without a word about what nobody foresaw: that is in the log, under the same instance', async () => {
    const ready = (): Promise<void> => Promise.reject(new Error('the password is hunter2'))
    await using server = await testApp({ services: { ready, stop: async () => undefined } as unknown as Services })
    const answer = await ask(server, 'GET', '/ready')
    expect(answer.statusCode).toBe(500)
    expect(answer.payload).not.toContain('hunter2')
    const { instance } = answer.json<{ instance: string }>()
    expect(server.logged).toMatchObject([{ fields: { instance, problem: 'the password is hunter2' } }])
  })

  test('and a store that is away says when to come again', async () => {
    const ready = (): Promise<void> => Promise.reject(new SluiceError('STORE_UNAVAILABLE', { location: '10.0.0.7' }))
    await using server = await testApp({ services: { ready, stop: async () => undefined } as unknown as Services })
    const answer = await ask(server, 'GET', '/ready')
    expect([answer.statusCode, answer.headers['retry-after']]).toStrictEqual([503, '1'])
    expect(answer.payload).not.toContain('10.0.0.7')
  })

  test('what is no HTTP gets one too', async () => {
    await using server = await testApp()
    const url = new URL(await server.app.listen({ host: '127.0.0.1', port: 0 }))
    const { connect } = await import('node:net')
    const socket = connect(Number(url.port), '127.0.0.1')
    socket.write('nonsense\r\n\r\n')
    let said = ''
    for await (const chunk of socket) said += String(chunk)
    expect(said).toMatch(/^HTTP\/1\.1 400 Bad Request/)
    expect(said).toContain('"code":"REQUEST_INVALID"')
  })
})

test('a request that comes while the server stops is told so, as every problem is', async () => {
  await using server = await testApp()
  const url = await server.app.listen({ port: 0, host: '127.0.0.1' })
  const socket = openSocket(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8')
  socket.write('GET /api/version HTTP/1.1\r\nhost: localhost\r\n')
  await once(server.app.server, 'connection')
  // Once this one is answered, the server has begun to read the other.
  await fetch(`${url}/health`)
  const closed = server.app.close()
  socket.write('\r\n')
  const [answer] = (await once(socket, 'data')) as [string]
  expect(answer).toMatch(/^HTTP\/1.1 503 /)
  expect(answer).toContain('application/problem+json')
  expect(answer).toContain('SERVER_STOPPING')
  await closed
})
