import { flow, Secret, task } from 'sluice'

const login = task({ name: 'login' }, async (password: Secret) => password.reveal().length)

export const connect = flow({ name: 'connect' }, async ({ password }: { password: Secret }) => login(password))

if (import.meta.main) console.log(await connect({ password: new Secret('correct horse') }))
