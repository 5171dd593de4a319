import { flow, task } from 'sluice'

const shout = task({ name: 'shout' }, (text: string) => text.toUpperCase())

export const greet = flow({ name: 'greet' }, async ({ name }: { name: string }) => {
  const loud = shout(`hello ${name}`) // started, not awaited
  return `${await loud}!`
})

if (import.meta.main) console.log(await greet({ name: 'lake' }))
