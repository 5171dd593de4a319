import type { Outcome } from '../call/attempts.ts'
import { fireHook } from '../call/hooks.ts'
import { captureConsole } from './console-capture.ts'
import { readPatiently } from './patience.ts'
import { watchProcess } from './process-watch.ts'
import type { Beginning, RootRun } from './root-run.ts'

/** Runs a root run in this process to its end, under the watches that go with one. Rejects when the run is lost. */
export async function runRoot(
  root: RootRun,
  { crashed, signals, ...beginning }: Beginning & { readonly crashed: boolean; readonly signals: boolean },
): Promise<Outcome> {
  root.future.owner = root
  using _watch = watchProcess(root, { signals })
  using _console = captureConsole()
  if (root.resumed) await loadWhatIsLeft(root)
  if (crashed) fireHook(root, 'onCrashed', {})
  // Awaited here: the watches end with the run, not with this function.
  return await root.execute(beginning)
}

async function loadWhatIsLeft(root: RootRun): Promise<void> {
  const loaded = await readPatiently(root, () => root.home.store.loadCheckpoints(root.id))
  root.checkpoints.load(loaded)
  root.timeLimits.load(loaded)
}
