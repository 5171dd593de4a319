import { openStore } from '../open-store.ts'

// A process of its own: two stores, one of which hears the other. Neither is closed; the process ends all the same.
const [target = ''] = process.argv.slice(2)
const sender = await openStore(target)
const listener = await openStore(target)
const heard: string[] = []
listener.signals.subscribe((topics) => void heard.push(...topics))
while (heard.length === 0) {
  sender.signals.send(['a'])
  await sender.getSetting('nothing')
}
process.stdout.write('listening\n')
