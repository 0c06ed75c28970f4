import { parseRecord } from '../../src/lifecycle/record.js'
import type { JournalRecord } from '../../src/ports/journal.js'

/** What a release did, without instants, numbers and names: one line a record, with the orders it gave and the states it led to. */
export function journalLines(records: readonly JournalRecord[]): string[] {
  return records.map(({ body, seq }) => {
    const { event, effects, moves } = parseRecord(body, `record ${seq}`)
    const detail =
      event.type === 'traffic.shifted' ? ` ${event.weight}` : event.type === 'deadline.passed' ? ` ${event.deadline}` : ''
    const led = [...effects.map(({ type }) => type), ...moves.map(({ to }) => to)]
    return `${event.type}${detail}${led.length > 0 ? `: ${led.join(', ')}` : ''}`
  })
}

/** The same without undecided looks after the first: how many there are is up to chance. */
export function withoutUndecidedLooks(lines: readonly string[]): string[] {
  return lines.join('\n').replaceAll('deadline.passed look: metrics.look\nmetrics.looked\n', '').split('\n')
}
