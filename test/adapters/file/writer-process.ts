/**
 * Opens the journal in the directory given and says so. Then appends to four releases at once until it is killed; or, with a
 * second argument, one record to that release for each line it is sent. Prints what was acknowledged.
 */
import { createInterface } from 'node:readline'
import { openFileJournal } from '../../../adapters/file/index.js'

const [home = '', onRequest] = process.argv.slice(2)
const journal = await openFileJournal(home)
console.log(`opened ${journal.fencingToken}`)
if (onRequest === undefined) for (const release of ['a', 'b', 'c', 'd']) void appendForever(release)
else {
  let seq = 1
  for await (const _ of createInterface({ input: process.stdin })) await append(onRequest, seq++)
}

async function appendForever(release: string): Promise<never> {
  let next = 1
  for await (const { seq } of journal.read(release)) next = seq + 1
  for (;;) await append(release, next++)
}

async function append(release: string, seq: number): Promise<void> {
  await journal.append({ release, seq, at: seq, body: { text: 'x'.repeat(seq % 500) } })
  console.log(`${release} ${seq}`)
}
