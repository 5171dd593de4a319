import { fileset, lake } from 'sluice'

const contracts = fileset('raw.contracts', { owner: 'legal@example.org', description: 'What was signed' })
await contracts.put('2026/acme.txt', new TextEncoder().encode('We agree.'), { metadata: { party: 'Acme' } }) // or a path, or a stream
const file = await contracts.get('2026/acme.txt')
console.log(file.mediaType, file.size, new TextDecoder().decode(await file.bytes()))
console.log(await contracts.versions('2026/acme.txt'), await contracts.list({ prefix: '2026/' }))
console.log(await lake.sql`select media_type, sum(size) as bytes from ${contracts} group by media_type`.all())
