import { startScript } from '../testing/processes.testsupport.ts'

/** So many processes put the same files at once, in the storage at `place`; answers how often one of them won. */
export async function racePuts(
  place: string,
  key: string,
  processes: number,
  times: number,
  directory = '',
): Promise<number> {
  const script = new URL('race-puts.fixture.ts', import.meta.url)
  const racers = Array.from({ length: processes }, () => startScript(script, [place, key, String(times), directory]))
  await Promise.all(racers.map((racer) => racer.line('ready')))
  for (const racer of racers) racer.process.stdin?.write('go\n')
  const told = await Promise.all(racers.map((racer) => racer.line('won ')))
  await Promise.all(racers.map((racer) => racer.ended))
  return told.reduce((sum, line) => sum + Number(line.slice(4)), 0)
}
