import { paintLine, span } from '@sluice/engine/report'
import { artifactEntity } from '@sluice/store'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { artifactLines } from '../output/artifact-lines.ts'
import { printJson } from '../output/print.ts'
import { terminalOf } from '../output/terminal.ts'
import { callPaths } from './call-paths.ts'
import { withRuns } from './with-runs.ts'

export interface ArtifactsFlags {
  readonly json: boolean
}

/** `sluice runs artifacts <id>`: what a run left to look at; of a root run also what its child runs left. */
export async function artifactsCommand(prefix: string, flags: ArtifactsFlags, io: CliIo): Promise<number> {
  return withRuns(io, async (source) => {
    const artifacts = await source.artifacts(await source.find(prefix))
    const pathOf = callPaths(source)
    const paths = await Promise.all(artifacts.map(pathOf))
    if (flags.json) {
      printJson(io, { items: artifacts.map((each, i) => ({ of: paths[i], ...artifactEntity(each) })), next: null })
      return exitCodes.ok
    }
    const { width, paint } = terminalOf(io)
    const texts = artifacts.map((each, i) => {
      const about = each.description === null ? '' : `  ${each.description}`
      const head = [span(each.key, 'cyan'), span(about), span(`  ${each.kind} of ${paths[i] ?? ''}`, 'dim')]
      const body = artifactLines(each, { width: width - 2, paint }).map((line) => `  ${line}`.trimEnd())
      return [paintLine(head, paint), ...body].join('\n')
    })
    io.stdout.write(`${texts.length === 0 ? 'The run left no artifacts.' : texts.join('\n\n')}\n`)
    return exitCodes.ok
  })
}
