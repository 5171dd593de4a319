import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ChaosResult } from './run-chaos.ts'

const shown = 20

/** The outcome on one screen. */
export function summaryOf({
  evidence,
  findings,
  struck,
  faults,
  requests,
  linked,
  settledMs,
  elapsedMs,
}: ChaosResult): string {
  const { plan, books, ledger, batches } = evidence
  const roots = books.runs.filter((run) => run.parent_id === null)
  const crashed = roots.filter((run) => run.epoch > 2).length
  const lines = [
    `seed ${plan.seed}, ${plan.database}: ${findings.length === 0 ? 'every law held' : `${findings.length} findings`}`,
    `runs      ${roots.length} root runs (${plan.work.length} fed), ${counts(roots.map((run) => run.state_name))}`,
    `work      ${ledger.filter(({ event }) => event === 'start').length} bodies, ${batches.length} journal batches, ${crashed} runs taken over at least once`,
    `strikes   ${counts(struck.filter(({ victim }) => victim !== 'nobody').map(({ kind }) => kind))}`,
    `lines     ${requests} requests (${linked} over links), ${Object.entries(faults)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', ')}`,
    `time      ${seconds(elapsedMs)} in all, at rest ${seconds(settledMs)} after the last strike`,
    ...findings
      .slice(0, shown)
      .map(({ law, problem, root }) => `  ✗ ${law}: ${root === undefined ? '' : `${root}: `}${problem}`),
    ...(findings.length > shown ? [`  … and ${findings.length - shown} more`] : []),
  ]
  return `${lines.join('\n')}\n`
}

/** Writes what is known of each run that a finding is about: its row, its bodies, its journal, what logs say. */
export function writeStories({ evidence, findings, struck }: ChaosResult, directory: string): void {
  const to = path.join(directory, 'stories')
  mkdirSync(to, { recursive: true })
  writeFileSync(path.join(directory, 'findings.json'), JSON.stringify(findings, null, 1))
  writeFileSync(path.join(directory, 'strikes.json'), JSON.stringify(struck, null, 1))
  const logs = readdirSync(directory).filter((file) => file.endsWith('.log'))
  const roots = new Set(findings.map(({ root }) => root).filter((root) => root !== undefined))
  for (const root of [...roots].slice(0, shown)) {
    const story = {
      findings: findings.filter((finding) => finding.root === root),
      runs: evidence.books.runs.filter((run) => run.root_id === root),
      ledger: evidence.ledger.filter((line) => line.root === root),
      audit: evidence.books.entries
        .filter((entry) => entry.root === root)
        .map((entry) => `t ${Math.round(entry.at - evidence.clockOffset)} ${JSON.stringify(entry)}`),
      batches: evidence.batches.filter((batch) => batch.root === root),
      logs: logs.flatMap((file) => mentions(path.join(directory, file), root)),
    }
    const text = Object.entries(story).map(([name, lines]) => `# ${name}\n${lines.map(lineOf).join('\n')}\n`)
    writeFileSync(path.join(to, `${root}.txt`), text.join('\n'))
  }
}

function mentions(file: string, root: string): readonly string[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines
    .filter((line) => line.includes(root) || line.includes(root.slice(-8)))
    .map((line) => `${path.basename(file)}: ${line}`)
}

const lineOf = (line: unknown): string => (typeof line === 'string' ? line : JSON.stringify(line))

function counts(names: readonly string[]): string {
  const groups = Object.entries(Object.groupBy(names, (name) => name))
  return groups.map(([name, all = []]) => `${name} ${all.length}`).join(', ')
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
