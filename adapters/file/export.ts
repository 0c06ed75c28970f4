import { constants } from 'node:fs'
import { join } from 'node:path'
import { journalFailed, openRegular, realDisk } from './disk.js'
import { type AcceptedLine, emptyLog, readChunks, splitLines } from './log-scan.js'
import { walkLog } from './log-walk.js'
import { type Line, parseLine } from './record-line.js'
import { logName, openLog, Segments } from './segments.js'
import { verifyFileJournal } from './verify.js'

export interface ExportOptions {
  /** `jsonl`: the lines as they are, each with its hash. `csv`: a table, RFC 4180, for spreadsheets. */
  readonly format: 'jsonl' | 'csv'
}

/**
 * Everything a journal holds, line by line, for auditors, with the records of those archives that are in the directory in their
 * old places. Verifies it first, and needs no lock: the journal may be in use.
 *
 * @returns lines, each with its line end
 * @throws ReleaseError `journal/corrupt` naming the first bad record, before the first line; `journal/version`, `journal/failed`
 */
export async function* exportJournal(directory: string, { format }: ExportOptions): AsyncGenerator<string> {
  const path = join(directory, logName)
  try {
    const archives = await openArchives(directory, (await verifyFileJournal(directory)).archivesHere)
    const { file, sealed } = await openLog(realDisk, directory, constants.O_RDONLY)
    try {
      if (format === 'csv') yield `${columns.join(',')}\r\n`
      for await (const { lines } of walkLog(realDisk, { sealed, file, path }, emptyLog(), new Segments()))
        for (const accepted of lines) {
          let isIncomplete = true
          if ('moved' in accepted.line) {
            const { n, moved } = accepted.line
            let missing = moved.through - n + 1
            for await (const archived of archives.between(n, moved.through)) {
              missing -= 1
              yield told(archived, format)
            }
            isIncomplete = missing > 0
          }
          if (isIncomplete) yield told(accepted, format)
        }
    } finally {
      await Promise.all([file.close(), archives.close()])
    }
  } catch (error) {
    throw journalFailed(path, 'Exporting', error)
  }
}

const columns = ['record', 'kind', 'release', 'seq', 'at', 'content', 'prev', 'hash'] as const

type Told = Pick<AcceptedLine, 'bytes' | 'line'>

function told({ bytes, line }: Told, format: ExportOptions['format']): string {
  return format === 'jsonl' ? `${bytes}\n` : `${cells(line).map(cell).join(',')}\r\n`
}

function cells(line: Line): (string | number)[] {
  const { n, prev, hash } = line
  if ('release' in line) return [n, 'record', line.release, line.seq, time(line.at), JSON.stringify(line.body), prev, hash]
  if ('opened' in line) return [n, 'opened', '', '', time(line.opened.at), JSON.stringify(line.opened), prev, hash]
  if ('archived' in line) return [n, 'archived', '', '', time(line.archived.at), JSON.stringify(line.archived), prev, hash]
  return [n, 'moved', '', '', '', JSON.stringify(line.moved), prev, hash]
}

/** A date cannot be further than that from 1970. */
const farthest = 8.64e15
const time = (at: number) => (Math.abs(at) <= farthest ? new Date(at).toISOString() : String(at))

/** Spreadsheets take what begins so for a formula, whatever quotes are around it; an apostrophe makes it a text. */
const formula = /^[\s=+\-@|%]/

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  return `"${(formula.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`
}

/** Archives as one sequence of lines, by their numbers. */
async function openArchives(directory: string, names: readonly string[]) {
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name)
      const file = await openRegular(realDisk, path, constants.O_RDONLY)
      const lines = linesOf(path, readChunks(file))
      return { file, lines, next: (await lines.next()).value }
    }),
  )
  return {
    async *between(from: number, through: number): AsyncGenerator<Told> {
      const isNext = ({ next }: (typeof files)[number]) => next !== undefined && from <= next.line.n && next.line.n <= through
      for (let source = files.find(isNext); source !== undefined; source = files.find(isNext)) {
        for (const other of files.filter(isNext)) if (other.next!.line.n < source.next!.line.n) source = other
        yield source.next!
        source.next = (await source.lines.next()).value
      }
    },
    close: () => Promise.all(files.map(({ file }) => file.close())),
  }
}

async function* linesOf(path: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Told, undefined> {
  for await (const pieces of splitLines(chunks, path))
    for (const { bytes, offset } of pieces) yield { bytes, line: parseLine(bytes, { path, offset }) }
}
