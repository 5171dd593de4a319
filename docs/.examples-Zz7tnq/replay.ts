import { table } from 'sluice'

const fares = table('bronze.late_fares', { columns: { fare: { type: 'double' } }, maxRejected: 0.5 })
const source = [{ id: 1, fare: 12.5 }, { id: 2, fare: '7,50' }]
console.log((await fares.append(source, { id: 'monday' })).rejected) // 1

const mended = await fares.replay({ fix: ({ fare, ...row }) => ({ ...row, fare: String(fare).replace(',', '.') }) })
console.log(mended) // { rows: 1, open: 0, loads: […] }
