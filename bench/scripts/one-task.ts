import { flow, task } from 'sluice'

const greet = task({ name: 'greet' }, async (name: string) => `Hello, ${name}`)

export const hello = flow({ name: 'hello' }, async ({ name }: { name: string }) => greet(name))

if (import.meta.main) await hello({ name: 'lake' })
