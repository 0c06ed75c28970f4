import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type Disk, syncDirectory, writeFile } from './disk.js'
import { linesAt } from './read-lines.js'
import type { Archived } from './record-line.js'
import { numbered, type Segment } from './segments.js'

/**
 * Copies all lines of some releases, as they are and in their order, into a file of their own. With the log around them they are
 * the original chain again, bit by bit; without it, the hash that the log holds of this file says whether it is still the same.
 *
 * @param n - numbers the file; higher than that of any archive the log tells of
 * @param ranges - of the positions of their records, flat, in order
 */
export async function writeArchive(
  disk: Disk,
  home: string,
  { n, segments, ranges }: { readonly n: number; readonly segments: readonly Segment[]; readonly ranges: readonly number[] },
): Promise<Pick<Archived, 'file' | 'sha256' | 'records'>> {
  const file = numbered('archive', n)
  const digest = createHash('sha256')
  const records: [number, number][] = []
  async function* lines() {
    for await (const { bytes, line } of linesAt(disk, segments, ranges)) {
      const last = records.at(-1)
      if (last?.[1] === line.n - 1) last[1] = line.n
      else records.push([line.n, line.n])
      const ended = Buffer.concat([bytes, newline])
      digest.update(ended)
      yield ended
    }
  }
  await writeFile(disk, join(home, file), lines())
  await syncDirectory(disk, home)
  return { file, sha256: digest.digest('hex'), records }
}

const newline = Buffer.from('\n')
