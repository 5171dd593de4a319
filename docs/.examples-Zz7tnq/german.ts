import { lake, table } from 'sluice'

const invoices = table('bronze.invoices')
await invoices.append([{ nr: 1, datum: '31.01.2026', betrag: '1.250,75' }])
const clean = table('silver.invoices')
await clean.replace(lake.sql`
  select nr, strptime(datum, '%d.%m.%Y')::date as datum, replace(replace(betrag, '.', ''), ',', '.')::decimal(12, 2) as betrag
  from ${invoices}`)
for await (const { datum, betrag } of clean.rows()) console.log(datum, betrag) // 2026-01-31, '1250.75'
