import { connect } from 'sluice/client'

await using sluice = await connect()
const run = await sluice.run('ingest/nightly', { months: [3] })
for await (const line of run.logs()) console.log(line.message)
console.log(await run.result())
