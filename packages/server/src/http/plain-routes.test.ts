import { expect, test } from 'vitest'
import { testApp } from './test-app.testsupport.ts'

test('those who watch need no token: health, readiness, metrics, and the pages that problems point to', async () => {
  await using server = await testApp()
  const get = (url: string) => server.app.inject({ url, headers: { host: 'localhost' } })
  expect((await get('/health')).json()).toStrictEqual({ status: 'ok' })
  expect((await get('/ready')).json()).toStrictEqual({ status: 'ready' })
  expect((await get('/api/docs/errors')).payload).toContain('id="RUN_NOT_FOUND"')
  expect((await get('/api/docs')).headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'x-content-type-options': 'nosniff',
  })
})

test('metrics tell of the process, and of requests by route and status, never by what was asked for', async () => {
  await using server = await testApp()
  const scrape = () => server.app.inject({ url: '/metrics', headers: { host: 'localhost' } })
  await scrape()
  await server.client.getPool({ params: { pool: 'nowhere' } }).catch(() => undefined)
  const { payload } = await scrape()
  expect(payload).toContain('sluice_http_requests_total{method="GET",route="/api/pools/:pool",status="404"} 1')
  expect(payload).toContain('process_cpu_user_seconds_total')
  expect(payload).not.toContain('nowhere')
})
