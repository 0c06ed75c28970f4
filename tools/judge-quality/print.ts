import type { Goal, Table } from './section.ts'

/** A table for a terminal, with columns under each other. */
export function sayTable({ title, head, rows, note }: Table): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('   ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('   ')
  return [title, line(head), rule, ...rows.map(line), ...(note === undefined ? [] : [note])].join('\n')
}

export function sayGoals(goals: readonly Goal[]): string {
  const lines = goals.map(({ goal, measured, isMet }) => `${isMet ? 'met   ' : 'MISSED'} ${goal} | measured ${measured}`)
  return [`Goals: ${goals.filter(({ isMet }) => isMet).length} of ${goals.length} met`, ...lines].join('\n')
}
