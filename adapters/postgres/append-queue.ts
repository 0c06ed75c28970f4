import type { Clock } from '../../src/ports/clock.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Appending } from './append-statement.js'
import type { Holdings } from './holdings.js'
import { untilAborted } from './until-aborted.js'

interface Waiting extends Appending {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Appends what it can, and says what became of each; its records are of different releases and one session. */
export type SendAppends = (batch: readonly Appending[]) => Promise<(ReleaseError | undefined)[]>

const mostRecords = 500
const mostCharacters = 4 * 2 ** 20
/** Records that are not worth two statements. */
const fewRecords = 8

/**
 * Appends records of many releases with few statements, and few syncs of the server's disk.
 *
 * Q1 What waits while statements are under way becomes the next one; of one release, one record at a time. Two are under way
 *    where there is enough for both: while the server works on one, the releases of the other make their next records.
 * Q2 A statement that broke off may have been carried out, and may still be. It is sent again as it is: each record has one
 *    place in one chain, so that it cannot get there twice, and its hash tells whether it is there.
 * Q3 Sending again ends with the lease: the next holder reads what became of it.
 */
export class AppendQueue {
  readonly #send: SendAppends
  readonly #holdings: Holdings
  readonly #clock: Clock
  #waiting: Waiting[] = []
  /** Each sends one statement after the other, as long as there is something to send. */
  readonly #senders: (Promise<void> | undefined)[] = [undefined, undefined]
  /** Of them, those that wait for no statement. */
  #free = this.#senders.length
  /** Releases with a record in a statement under way. */
  readonly #underWay = new Set<string>()

  constructor(send: SendAppends, holdings: Holdings, clock: Clock) {
    this.#send = send
    this.#holdings = holdings
    this.#clock = clock
  }

  /** Resolves once the record is durable. */
  append(appending: Appending): Promise<void> {
    const durable = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ ...appending, resolve, reject })
      for (const [i, sender] of this.#senders.entries()) this.#senders[i] = sender ?? this.#sendAll(i)
    })
    return untilAborted(durable, appending.holding.lost)
  }

  /** Waits for everything that was accepted. */
  async idle(): Promise<void> {
    await Promise.all(this.#senders)
  }

  async #sendAll(sender: number): Promise<void> {
    while (this.#waiting.length > 0) {
      // Not at once: whoever waited for the last batch first gets to ask for the next record.
      await new Promise((resolve) => setImmediate(resolve))
      const batch = this.#takeBatch()
      if (batch.length === 0) break
      this.#free -= 1
      await this.#deliver(batch)
      this.#free += 1
      for (const { row } of batch) this.#underWay.delete(row.release)
    }
    this.#senders[sender] = undefined
  }

  #takeBatch(): Waiting[] {
    const batch: Waiting[] = []
    const most = Math.min(mostRecords, Math.max(fewRecords, Math.ceil(this.#waiting.length / this.#free)))
    let characters = 0
    this.#waiting = this.#waiting.filter((entry) => {
      const { row, holding } = entry
      if (holding.lost.aborted) return false
      characters += row.body.length
      const isFull = batch.length >= most || (batch.length > 0 && characters > mostCharacters)
      if (isFull || this.#underWay.has(row.release)) return true
      this.#underWay.add(row.release)
      batch.push(entry)
      return false
    })
    return batch
  }

  async #deliver(batch: readonly Waiting[]): Promise<void> {
    for (let waitMs = 10; ; waitMs = Math.min(2 * waitMs, 500)) {
      const open = batch.filter(({ holding }) => !holding.lost.aborted)
      const [first] = open
      if (first === undefined) return
      try {
        const outcomes = await untilAborted(this.#send(open), first.holding.session.lost)
        for (const [index, entry] of open.entries()) this.#settle(entry, outcomes[index])
        return
      } catch (error) {
        if (ReleaseError.is(error) && error.code === 'adapter/unavailable')
          await new Promise<void>((resolve) => this.#clock.at(this.#clock.now() + waitMs, resolve))
        else if (first.holding.session.lost.aborted) return
        else if (open.length === 1) return this.#settle(first, error)
        // One record that is refused must not take the others along.
        else return void (await Promise.all(open.map((entry) => this.#deliver([entry]))))
      }
    }
  }

  #settle(entry: Waiting, error: unknown): void {
    const { holding, before } = entry
    if (error === undefined) {
      entry.resolve()
      return
    }
    if (holding.head.seq > before.seq) holding.head = before
    entry.reject(error)
    if (ReleaseError.is(error) && error.code === 'journal/locked') this.#holdings.lose(holding, error)
  }
}
