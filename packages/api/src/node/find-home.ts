import { existsSync } from 'node:fs'
import path from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

/**
 * The `.sluice` directory that belongs to a working directory: `SLUICE_HOME`, else that of the nearest directory upwards which
 * has one, else which has a `package.json`, else this one. It need not be there yet.
 */
export function findHomeDir(cwd: string, env: Env): string {
  const given = env['SLUICE_HOME']
  if (given !== undefined && given !== '') return path.resolve(cwd, given)
  const upwards: string[] = []
  for (let dir = path.resolve(cwd), last = ''; dir !== last; last = dir, dir = path.dirname(dir)) upwards.push(dir)
  const project =
    upwards.find((dir) => existsSync(path.join(dir, '.sluice'))) ??
    upwards.find((dir) => existsSync(path.join(dir, 'package.json'))) ??
    path.resolve(cwd)
  return path.join(project, '.sluice')
}
