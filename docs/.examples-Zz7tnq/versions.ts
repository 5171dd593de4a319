import { lake, table } from 'sluice'

const prices = table('bronze.prices')
const first = await prices.append([{ id: 1, price: 10 }])
await prices.append([{ id: 2, price: 20 }])

const then = prices.at(first.snapshot ?? 'main') // a snapshot's id, a tag, or a Date
for await (const row of then.rows({ columns: ['id', 'price'] })) console.log(row)
console.log(await lake.sql`select count(*) as n from ${then}`.all(), await lake.sql`select count(*) as n from ${prices}`.all())

await prices.tag('audited', { version: first.snapshot ?? 'main' }) // a name; `move: true` lets it stand for another version
const { rows, added, samples } = await prices.diff('audited') // until now, or until a second version
console.log(rows, added, samples.added, (await prices.versions()).length, (await prices.schemaVersions()).length)
await prices.branch('try', { from: 'audited' })
await prices.append([{ id: 3, price: 30 }], { branch: 'try' }) // `main` does not see it
await prices.deleteBranch('try')
await prices.rollback('audited') // the current version again; nothing is deleted
