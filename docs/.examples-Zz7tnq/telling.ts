import { flow, run, task } from 'sluice'

const report = task({ name: 'report', logPrints: true, onCompletion: ({ name, result }) => console.log(name, result) }, async (rows: number) => {
  console.log('counting') // a log line of this very task
  run.progress({ done: rows, total: rows, label: 'rows' })
  run.log.info('counted', { rows })
  run.artifact.table('summary', [{ rows }])
  run.artifact.markdown('note', `**${rows}** rows`)
  return rows
})

export const telling = flow({ name: 'telling' }, async () => report(3))

if (import.meta.main) console.log(await telling())
