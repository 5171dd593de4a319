import { flow, pause, task, waitFor } from 'sluice'
import * as z from 'zod'

const load = task({ name: 'load' }, async (file: string) => file.length)

export const publish = flow({ name: 'publish', parameters: z.object({ file: z.string() }) }, async ({ file }) => load(file))

export const nightly = flow({ name: 'nightly' }, async () => {
  const arrived = await waitFor('file.arrived', { key: 'trips', timeout: '100ms', default: null })
  const { approved } = await pause({ key: 'approve', input: z.object({ approved: z.boolean() }), message: 'Publish?', timeout: '100ms', default: { approved: true } })
  if (!approved) return 'rejected'
  const started = publish.start({ file: arrived ? String(arrived.payload) : 'trips.csv' }, { tags: ['nightly'] })
  return `${started.name}: ${await started}`
})

if (import.meta.main) console.log(await nightly())
