import { flow, run, Secret, task } from 'sluice'

/** With characters that encoders change; the test knows it, too. */
export const clearText = 'p@ss wörd/42&"x"'
const url = `postgres://me:${encodeURIComponent(clearText)}@db/warehouse`

const connect = task({ name: 'connect' }, async (password: Secret) => {
  run.log.info(`connecting with ${password.reveal()}`, { url, password, nested: { raw: password.reveal() } })
  run.artifact.markdown('how', `with \`${password.reveal()}\` at ${url}`)
  run.artifact.table('rows', [{ password: password.reveal() }])
  run.progress({ done: 1, total: 2, label: `as ${password.reveal()}` })
  return { password, at: new Date(0) }
})

const print = task(
  { name: 'print', logPrints: true, runName: (secret) => `print ${secret.reveal()}` },
  async (secret: Secret) => {
    console.log('printed', secret.reveal(), url, { secret })
    console.error(JSON.stringify({ again: secret.reveal() }))
  },
)

const fail = task({ name: 'fail', retries: 1 }, async (secret: Secret) => {
  const cause = Object.assign(new TypeError(`no access for ${secret.reveal()}`), { url })
  throw new Error(`cannot reach ${url}`, { cause })
})

export const secretive = flow({ name: 'secretive' }, async ({ token, fails }: { token: Secret; fails: boolean }) => {
  const { password } = await connect(token)
  await print(password)
  if (fails) await fail(password)
  return { kept: token, same: password.reveal() === clearText }
})

if (import.meta.main) {
  const result = await secretive({ token: new Secret(clearText), fails: process.argv[2] === 'fails' })
  process.stdout.write(`result ${JSON.stringify(result)} ${String(result.kept)}\n`)
}
