import { open } from 'node:fs/promises'
import type { JournalRecord } from '../dist/src/ports/journal.js'

/** Group commit and nothing else: no chain, no lock, no index, no check. @param padding - bytes added to each line */
export async function openBareWriter(path: string, padding = 0) {
  const file = await open(path, 'a', 0o600)
  let waiting: { readonly line: string; readonly resolve: () => void }[] = []
  let isFlushing = false
  async function flush() {
    isFlushing = true
    while (waiting.length > 0) {
      // As long as the journal looks at its lock, others join the batch; the same chance here.
      await file.stat()
      const batch = waiting
      waiting = []
      await file.write(batch.map(({ line }) => line).join(''))
      await file.datasync()
      for (const { resolve } of batch) resolve()
    }
    isFlushing = false
  }
  return {
    append: (record: JournalRecord) =>
      new Promise<void>((resolve) => {
        waiting.push({ line: `${JSON.stringify(record)}${' '.repeat(padding)}\n`, resolve })
        if (!isFlushing) void flush()
      }),
    close: () => file.close(),
  }
}
