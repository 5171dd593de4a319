import { lake, table } from 'sluice'

const fares = table('gold.fares_per_month', { description: 'What riders paid', owner: 'data@example.org', tags: ['money'] })
await fares.append([{ month: '2026-01', fares: 12.5 }])
console.log((await lake.search('riders month')).items) // [{ kind: 'table', name: 'gold.fares_per_month', … }]
