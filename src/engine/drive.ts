import type { LimitFunction } from 'p-limit'
import type { Effect, ReleaseEvent, Signal } from '../lifecycle/protocol.js'
import { awaited, contextOf, deadlines, type ReleaseSnapshot, soonest } from '../lifecycle/release.js'
import { refusalOf } from '../lifecycle/signals.js'
import type { Clock } from '../ports/clock.js'
import type { Journal, JournalRecord } from '../ports/journal.js'
import type { Observer } from '../ports/observer.js'
import { ReleaseError } from '../vocabulary/errors.js'
import type { Adapters } from './adapters.js'
import { appendStep, type Progress } from './append-step.js'
import type { RetryPolicy } from './attempt.js'
import { type Answer, perform } from './perform.js'
import { Recall } from './recall.js'

/** What every release of one orchestrator shares. */
export interface EngineSetting {
  readonly adapters: Adapters
  readonly journal: Journal
  readonly observers: readonly Observer[]
  readonly clock: Clock
  readonly random: () => number
  readonly retry: RetryPolicy
  /** Bounds the calls under way at once. Rollbacks do not wait for it. */
  readonly limit: LimitFunction
}

/** Who follows a release: told of each record once it is durable, and of the end of driving before the release has ended. */
export interface Follower {
  record(record: JournalRecord): void
  stopped(reason: ReleaseError): void
}
export type Unstamped<T> = T extends unknown ? Omit<T, 'at'> : never

type Mail =
  | { readonly kind: 'answer'; readonly order: Order; readonly answer: Answer }
  | { readonly kind: 'deadline'; readonly track: string; readonly deadline: 'step' | 'look' | 'retry'; readonly due: number }
  | {
      readonly kind: 'signal'
      readonly signal: Unstamped<Signal>
      readonly settle: (refusal: string | undefined) => void
      readonly fail: (error: unknown) => void
    }

/** An effect under way. */
interface Order {
  readonly effect: Effect
  readonly recall: Recall
}

/**
 * Drives one release: takes one mail after the other, lets the machine decide, appends, and only then acts.
 *
 * D1 The loop awaits nothing but the journal, so deadlines and abort never stand behind an adapter (I7, I8).
 * D2 What is under way is always what the snapshot awaits: wanted orders are begun, unwanted ones aborted. After a crash the
 *    same rule begins again what was under way, with the same keys.
 * D3 One changing call per unit and place at a time (I29).
 *
 * Ten thousand of them may wait in one process: what a waiting one does not need, it does not have.
 */
export class Driver {
  readonly #engine: EngineSetting
  readonly #fencingToken: number
  readonly #follower: Follower
  #snapshot: ReleaseSnapshot
  #seq: number
  #stopped: ReleaseError | undefined
  /** While mails are taken: ends when none is left. */
  #pumping: Promise<void> | undefined
  #due: number | null = null
  #cancelTimer: (() => void) | undefined
  #mails: Mail[] = []
  #underWay: Order[] = []
  /** Changing calls that may still be under way, the last one of each track, which is one unit in one place. */
  #changes: { readonly track: string; readonly turn: Promise<unknown> }[] = []
  /** By how much the clock was set back since the last life: added to it, so that no deadline waits for it to catch up. */
  readonly #lagMs: number

  constructor(engine: EngineSetting, fencingToken: number, start: Progress, follower: Follower) {
    this.#engine = engine
    this.#fencingToken = fencingToken
    this.#follower = follower
    this.#snapshot = start.snapshot
    this.#seq = start.seq
    this.#lagMs = Math.max(0, start.snapshot.at - engine.clock.now())
    this.#reconcile()
  }

  get snapshot(): ReleaseSnapshot {
    return this.#snapshot
  }

  /** Resolves once the signal is durable. @throws ReleaseError `signal/refused` */
  signal(signal: Unstamped<Signal>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(this.#stopped)
      const settle = (refusal: string | undefined) =>
        refusal === undefined ? resolve() : reject(refused(this.#snapshot, signal, refusal))
      const mail: Mail = { kind: 'signal', signal, settle, fail: reject }
      // An abort overtakes everything that waits.
      if (signal.type === 'abort.requested') this.#mails.unshift(mail)
      else this.#mails.push(mail)
      this.#pump()
    })
  }

  /** Stops driving without changing anything: calls under way are aborted, and can be given again later. */
  async stop(reason: ReleaseError): Promise<void> {
    this.#halt(reason)
    await this.#pumping
  }

  /** Never before what is recorded (I41). */
  #now(): number {
    return Math.max(this.#engine.clock.now() + this.#lagMs, this.#snapshot.at)
  }

  #pump(): void {
    if (this.#mails.length > 0 && !this.#pumping && !this.#stopped) this.#pumping = this.#takeAll()
  }

  async #takeAll(): Promise<void> {
    try {
      for (let mail = this.#mails.shift(); mail && !this.#stopped; mail = this.#mails.shift()) await this.#take(mail)
    } catch (error) {
      this.#halt(
        ReleaseError.is(error)
          ? error
          : new ReleaseError('journal/failed', `The engine broke: ${String(error)}`, {}, { cause: error }),
      )
    } finally {
      this.#pumping = undefined
    }
  }

  async #take(mail: Mail): Promise<void> {
    const at = this.#now()
    switch (mail.kind) {
      case 'answer': {
        const { order, answer } = mail
        if (!this.#underWay.includes(order)) return
        this.#underWay = this.#underWay.filter((other) => other !== order)
        if ('gate' in answer) await this.#takeAnswer(answer, order.effect, at)
        else await this.#record({ at, ...answer } as ReleaseEvent)
        break
      }
      case 'deadline': {
        const { track, deadline, due } = mail
        if (this.#snapshot.tracks[track]?.context.deadlines[deadline] === due)
          await this.#record({ at, deadline, due, track, type: 'deadline.passed' })
        break
      }
      case 'signal':
        try {
          mail.settle(await this.#takeSignal({ ...mail.signal, at } as Signal))
        } catch (error) {
          mail.fail(error)
          throw error
        }
    }
    this.#reconcile()
  }

  /** An approver's answer is a signal like any other; one that does not count ends the question, not the waiting. */
  async #takeAnswer(answer: Extract<Answer, { gate: string }>, { track, key }: Effect, at: number): Promise<void> {
    const says = await this.#takeSignal({ ...answer, at } as Signal)
    if (says !== undefined) await this.#record({ type: 'effect.failed', track, key, code: 'signal/refused', says, at })
  }

  async #takeSignal(signal: Signal): Promise<string | undefined> {
    const says = refusalOf(this.#snapshot, signal)
    await this.#record(says === undefined ? signal : { type: 'signal.refused', at: signal.at, signal, says })
    return says
  }

  async #record(event: ReleaseEvent): Promise<void> {
    const { snapshot, seq, last } = await appendStep(this.#engine, { snapshot: this.#snapshot, seq: this.#seq }, event)
    this.#snapshot = snapshot
    this.#seq = seq
    this.#follower.record(last)
  }

  #reconcile(): void {
    if (this.#stopped) return
    const wanted = awaited(this.#snapshot)
    if (!this.#underWay.every(({ effect }) => wanted.includes(effect))) this.#recallUnwanted(wanted)
    for (const effect of wanted) if (!this.#underWay.some((order) => order.effect === effect)) this.#begin(effect)
    this.#setTimer()
  }

  #recallUnwanted(wanted: readonly Effect[]): void {
    const unwanted = this.#underWay.filter(({ effect }) => !wanted.includes(effect))
    this.#underWay = this.#underWay.filter((order) => !unwanted.includes(order))
    for (const { recall } of unwanted) recall.abort(new ReleaseError('engine/stopped', 'The order is no longer wanted.'))
  }

  #begin(effect: Effect): void {
    const { clock, adapters, random, retry, limit } = this.#engine
    const order = { effect, recall: new Recall() }
    this.#underWay = [...this.#underWay, order]
    const setting = {
      clock,
      random,
      policy: retry,
      fencingToken: this.#fencingToken,
      signal: order.recall,
      idempotencyKey: effect.key,
    }
    const now = () => this.#now()
    const act = () => this.#inTurn(effect, () => perform(effect, { adapters, snapshot: this.#snapshot, now, setting }))
    // People take hours, and rollbacks wait for nobody: neither may stand in a queue, or fill it.
    const isUnlimited = effect.type === 'approval.request' || contextOf(this.#snapshot.tracks[effect.track]).rollback !== null
    void (isUnlimited ? act() : limit(act)).then((answer) => {
      if (order.recall.aborted) return
      if (isChange(effect)) this.#changes = this.#changes.filter(({ track }) => track !== effect.track)
      this.#mails.push({ kind: 'answer', order, answer })
      this.#pump()
    })
  }

  /** The call before has been aborted, or is over; an adapter that ignores its signal is left behind after a second. */
  #inTurn(effect: Effect, act: () => Promise<Answer>): Promise<Answer> {
    if (!isChange(effect)) return act()
    const before = this.#changes.find(({ track }) => track === effect.track)
    const turn = before === undefined ? act() : before.turn.then(act)
    this.#changes = [...this.#changes.filter((change) => change !== before), { track: effect.track, turn }]
    return turn
  }

  /** One timer, for the deadline that comes first. */
  #setTimer(): void {
    const first = soonest(this.#snapshot)
    if (first === this.#due) return
    this.#cancelTimer?.()
    this.#due = first
    this.#cancelTimer = first === null ? undefined : this.#engine.clock.at(first - this.#lagMs, () => this.#ring())
  }

  #ring(): void {
    this.#due = null
    this.#cancelTimer = undefined
    const instant = this.#now()
    for (const deadline of deadlines(this.#snapshot))
      if (deadline.due <= instant) this.#mails.push({ kind: 'deadline', ...deadline })
    this.#pump()
  }

  #halt(reason: ReleaseError): void {
    if (this.#stopped) return
    this.#stopped = reason
    this.#cancelTimer?.()
    for (const { recall } of this.#underWay.splice(0)) recall.abort(reason)
    for (const mail of this.#mails.splice(0)) if (mail.kind === 'signal') mail.fail(reason)
    this.#follower.stopped(reason)
  }
}

const isChange = ({ type }: Effect) => type !== 'metrics.look' && type !== 'approval.request'

function refused({ release }: ReleaseSnapshot, { type }: Unstamped<Signal>, says: string): ReleaseError {
  return new ReleaseError('signal/refused', `${type} was refused for release "${release}": ${says}`, { release, signal: type })
}
