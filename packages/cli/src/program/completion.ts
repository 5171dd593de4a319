import type { Command } from 'commander'
import { examples } from './options.ts'

/**
 * Adds `completion <shell>` and the hidden `complete`, which the shell's script calls with every press of the tab key. What they
 * need is loaded for them only.
 */
export async function addCompletion(program: Command, argv: readonly string[]): Promise<void> {
  const [verb] = argv
  if (verb === 'complete' || (verb === 'completion' && !argv.includes('--help'))) {
    const { default: tab } = await import('@bomb.sh/tab/commander')
    tab(program, { completionCommandName: 'completion' })
    return
  }
  program
    .command('completion')
    .description('print what makes bash, zsh or fish complete the words of this command')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      examples([
        'sluice completion bash >> ~/.bashrc',
        'sluice completion fish > ~/.config/fish/completions/sluice.fish',
      ]),
    )
    .action(() => program.error("error: write it first, as 'sluice completion bash'"))
}
