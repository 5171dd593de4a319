// etl.ts
import { flow, run, task } from 'sluice'

const extract = task({ retries: 3, retryDelay: '2s', cache: { by: ['inputs'], ttl: '1d' } }, async function extract(url: string) {
  const response = await fetch(url, { signal: run.signal })
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  return response.text()
})
const count = task(function count(text: string) { return text.split('\n').length })

export const lines = flow({ name: 'lines' }, async ({ urls }: { urls: string[] }) => count.map(extract.map(urls)))

if (import.meta.main) console.log(await lines({ urls: ['https://example.org', 'https://example.com'] }))
