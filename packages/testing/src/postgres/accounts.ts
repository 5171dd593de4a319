import { chownSync } from 'node:fs'
import { spawnSync } from 'node:child_process'

/** A way to run PostgreSQL as somebody: it refuses to run as root. */
export interface Account {
  /** Goes before every command. */
  readonly prefix: readonly string[]
  /** What `spawn` switches to. */
  readonly ids?: { readonly uid: number; readonly gid: number }
  /** Makes a directory theirs. */
  own(directory: string): void
}

const asMyself: Account = { prefix: [], own: () => undefined }

// A user namespace in which root is an ordinary user: files stay root's outside, so a home with mode 0700 is no obstacle.
const asMappedUser: Account = {
  prefix: ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'],
  own: () => undefined,
}

const nobody = { uid: 65_534, gid: 65_534 }

const asNobody: Account = { prefix: [], ids: nobody, own: (path) => chownSync(path, nobody.uid, nobody.gid) }

/** The ways to try, in order. */
export function accounts(): readonly Account[] {
  if (process.getuid?.() !== 0) return [asMyself]
  return works(asMappedUser.prefix) ? [asMappedUser, asNobody] : [asNobody]
}

/**
 * Makes a process end with its parent, where the system can. Without it a test runner that is killed leaves its server
 * running. Innermost: the kernel forgets the wish when the user changes.
 */
export function endWithParent(): readonly string[] {
  const prefix = ['setpriv', '--pdeathsig', 'INT', '--']
  return works(prefix) ? prefix : []
}

function works(prefix: readonly string[]): boolean {
  return spawnSync('env', [...prefix, 'true'], { stdio: 'ignore' }).status === 0
}
