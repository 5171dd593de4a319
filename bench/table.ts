/** Columns side by side, the first and the last to the left, numbers to the right. */
export function tableText(
  head: readonly string[],
  lines: readonly (readonly string[])[],
  right: ReadonlySet<number>,
): string {
  const all = [head, ...lines]
  const widths = head.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)))
  const pad = (text: string, column: number): string => {
    const width = widths[column] ?? 0
    return right.has(column) ? text.padStart(width) : text.padEnd(width)
  }
  const rule = widths.map((width) => '─'.repeat(width))
  return [head, rule, ...lines].map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
}
