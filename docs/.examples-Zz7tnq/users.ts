import { table } from 'sluice'

const users = table('silver.users')
await users.append([{ id: 1, name: 'ada', country: 'uk', at: 1 }, { id: 2, name: 'bob', country: 'us', at: 1 }])

// A row takes the place of that with its key; the others are new.
console.log(await users.merge([{ id: 2, name: 'Bob', country: 'us', at: 2 }, { id: 3, name: 'cid', country: 'us', at: 1 }], { key: ['id'] }))
// An older row does not replace a newer one, and of one key in the load the last one counts.
await users.merge([{ id: 2, name: 'late', country: 'us', at: 1 }], { key: ['id'], sequenceBy: 'at' })
// The rows that `where` names are replaced, all of them at once.
await users.overwrite([{ id: 9, name: 'eve', country: 'uk', at: 1 }], { where: { country: 'uk' } })
await users.delete({ where: { id: 3 } })
