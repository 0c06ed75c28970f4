/**
 * Records per second of the file journal, beside a bare writer with the same group commit and nothing else: no chain, no lock,
 * no index, no check. Rounds alternate, so that both meet the same disk; the median of each counts.
 *
 *     npm run build && node bench/file-journal.ts [directory on the disk to measure]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileJournal, verifyFileJournal } from '../dist/adapters/file/index.js'
import type { JournalRecord } from '../dist/src/ports/journal.js'
import { openBareWriter } from './bare-writer.ts'
import { median } from './goal.ts'

const rounds = 7
const [parent = tmpdir()] = process.argv.slice(2)
const home = await mkdtemp(join(parent, 'taxiway-bench-'))
const body = { type: 'weight.confirmed', unit: 'checkout', stage: 'production', weight: 25, observed: 25, note: 'x'.repeat(120) }

interface Writer {
  append(record: JournalRecord): Promise<void>
}

/** @returns records per second */
async function measure(writer: Writer, concurrency: number, records: number, round: number): Promise<number> {
  const start = performance.now()
  await Promise.all(
    Array.from({ length: concurrency }, async (_, worker) => {
      for (let seq = 1; seq <= records / concurrency; seq++)
        await writer.append({ release: `r${round}-${concurrency}-${worker}`, seq, at: 1_800_000_000_000 + seq, body })
    }),
  )
  return records / ((performance.now() - start) / 1000)
}

const journal = await openFileJournal(join(home, 'journal'))
// As long as a sealed line of the journal.
const bare = await openBareWriter(join(home, 'bare.log'), 180)
try {
  for (const [concurrency, records] of [
    [1, 500],
    [64, 12_800],
  ] as const) {
    const [ours, theirs]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      ours.push(await measure(journal, concurrency, records, round))
      theirs.push(await measure(bare, concurrency, records, round))
    }
    const ratio = median(ours.map((speed, round) => speed / (theirs[round] ?? Number.NaN)))
    const [a, b] = [ours, theirs].map((speeds) => Math.round(median(speeds)))
    console.log(`concurrency ${concurrency}: journal ${a} records/s, bare writer ${b} records/s, ratio ${ratio.toFixed(2)}`)
  }
  await journal.close()
  const start = performance.now()
  const { records, bytes } = await verifyFileJournal(join(home, 'journal'))
  const seconds = (performance.now() - start) / 1000
  const speed = `${Math.round(records / seconds)} records/s, ${(bytes / 2 ** 20 / seconds).toFixed(0)} MiB/s`
  console.log(`opening or verifying ${records} records: ${speed}`)
} finally {
  await Promise.all([journal.close(), bare.close()])
  await rm(home, { recursive: true })
}
