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

export interface Driver {
  snapshot(): ReleaseSnapshot
  /** Resolves once the signal is durable. @throws ReleaseError `signal/refused` */
  signal(signal: Unstamped<Signal>): Promise<void>
  /** Stops driving without changing anything: calls under way are aborted, and can be given again later. */
  stop(reason: ReleaseError): Promise<void>
}
export type Unstamped<T> = T extends unknown ? Omit<T, 'at'> : never

type Mail =
  | { readonly kind: 'answer'; readonly effect: Effect; readonly answer: Answer }
  | { readonly kind: 'deadline'; readonly track: string; readonly deadline: 'step' | 'look' | 'retry'; readonly due: number }
  | {
      readonly kind: 'signal'
      readonly signal: Unstamped<Signal>
      readonly settle: (refusal: string | undefined) => void
      readonly fail: (error: unknown) => void
    }

/**
 * Drives one release: takes one mail after the other, lets the machine decide, appends, and only then acts.
 *
 * D1 The loop awaits nothing but the journal, so deadlines and abort never stand behind an adapter (I7, I8).
 * D2 What is under way is always what the snapshot awaits: wanted orders are begun, unwanted ones aborted. After a crash the
 *    same rule begins again what was under way, with the same keys.
 * D3 One changing call per unit and place at a time (I29).
 */
export function drive(
  engine: EngineSetting,
  fencingToken: number,
  start: Progress,
  on: { readonly record: (record: JournalRecord) => void; readonly stopped: (error: ReleaseError) => void },
): Driver {
  const { clock } = engine
  let { snapshot, seq } = start
  let stopped: ReleaseError | undefined
  let isPumping = false
  let pumped: Promise<void> = Promise.resolve()
  let timer: { readonly due: number | null; readonly cancel: () => void } = noTimer
  const mails: Mail[] = []
  const underWay = new Map<string, { readonly effect: Effect; readonly recall: Recall }>()
  /** By track, which is one unit in one place: ends when its last changing call has. */
  const lastChange = new Map<string, Promise<unknown>>()
  /** By how much the clock was set back since the last life: added to it, so that no deadline waits for it to catch up. */
  const lagMs = Math.max(0, snapshot.at - clock.now())

  reconcile()
  return {
    snapshot: () => snapshot,
    signal: (signal) =>
      new Promise((resolve, reject) => {
        if (stopped) return reject(stopped)
        const settle = (refusal: string | undefined) =>
          refusal === undefined ? resolve() : reject(refused(snapshot, signal, refusal))
        const mail: Mail = { kind: 'signal', signal, settle, fail: reject }
        // An abort overtakes everything that waits.
        if (signal.type === 'abort.requested') mails.unshift(mail)
        else mails.push(mail)
        pump()
      }),
    async stop(reason) {
      halt(reason)
      await pumped
    },
  }

  /** Never before what is recorded (I41). */
  function now(): number {
    return Math.max(clock.now() + lagMs, snapshot.at)
  }

  function pump(): void {
    if (isPumping || stopped) return
    isPumping = true
    pumped = (async () => {
      try {
        for (let mail = mails.shift(); mail && !stopped; mail = mails.shift()) await take(mail)
      } catch (error) {
        halt(
          ReleaseError.is(error)
            ? error
            : new ReleaseError('journal/failed', `The engine broke: ${String(error)}`, {}, { cause: error }),
        )
      } finally {
        isPumping = false
      }
    })()
  }

  async function take(mail: Mail): Promise<void> {
    const at = now()
    switch (mail.kind) {
      case 'answer': {
        const current = underWay.get(mail.effect.key)
        if (current?.effect !== mail.effect) return
        underWay.delete(mail.effect.key)
        if ('gate' in mail.answer) await takeAnswer(mail.answer, mail.effect, at)
        else await record({ ...mail.answer, at } as ReleaseEvent)
        break
      }
      case 'deadline': {
        const { track, deadline, due } = mail
        if (snapshot.tracks[track]?.context.deadlines[deadline] === due)
          await record({ type: 'deadline.passed', at, track, deadline, due })
        break
      }
      case 'signal':
        try {
          mail.settle(await takeSignal({ ...mail.signal, at } as Signal))
        } catch (error) {
          mail.fail(error)
          throw error
        }
    }
    reconcile()
  }

  /** An approver's answer is a signal like any other; one that does not count ends the question, not the waiting. */
  async function takeAnswer(answer: Extract<Answer, { gate: string }>, { track, key }: Effect, at: number): Promise<void> {
    const refusal = await takeSignal({ ...answer, at } as Signal)
    if (refusal !== undefined) await record({ type: 'effect.failed', track, key, code: 'signal/refused', says: refusal, at })
  }

  async function takeSignal(signal: Signal): Promise<string | undefined> {
    const says = refusalOf(snapshot, signal)
    await record(says === undefined ? signal : { type: 'signal.refused', at: signal.at, signal, says })
    return says
  }

  async function record(event: ReleaseEvent): Promise<void> {
    const next = await appendStep(engine, { snapshot, seq }, event)
    snapshot = next.snapshot
    seq = next.seq
    on.record(next.last)
  }

  function reconcile(): void {
    if (stopped) return
    const wanted = new Set(awaited(snapshot))
    for (const [key, { effect, recall }] of underWay) {
      if (wanted.has(effect)) continue
      recall.abort(new ReleaseError('engine/stopped', 'The order is no longer wanted.'))
      underWay.delete(key)
    }
    for (const effect of wanted) if (underWay.get(effect.key)?.effect !== effect) begin(effect)
    setTimer()
  }

  function begin(effect: Effect): void {
    const recall = new Recall()
    underWay.set(effect.key, { effect, recall })
    const { adapters, random, retry } = engine
    const setting = { clock, random, policy: retry, fencingToken, signal: recall, idempotencyKey: effect.key }
    const act = () => inTurn(effect, () => perform(effect, { adapters, snapshot, now, setting }))
    // People take hours, and rollbacks wait for nobody: neither may stand in a queue, or fill it.
    const isUnlimited = effect.type === 'approval.request' || contextOf(snapshot.tracks[effect.track]).rollback !== null
    void (isUnlimited ? act() : engine.limit(act)).then((answer) => {
      if (recall.aborted) return
      mails.push({ kind: 'answer', effect, answer })
      pump()
    })
  }

  /** The call before has been aborted, or is over; an adapter that ignores its signal is left behind after a second. */
  function inTurn(effect: Effect, act: () => Promise<Answer>): Promise<Answer> {
    if (effect.type === 'metrics.look' || effect.type === 'approval.request') return act()
    const turn = (lastChange.get(effect.track) ?? Promise.resolve()).then(act)
    lastChange.set(effect.track, turn)
    return turn
  }

  /** One timer, for the deadline that comes first. */
  function setTimer(): void {
    const first = soonest(snapshot)
    if (first === timer.due) return
    timer.cancel()
    timer = first === null ? noTimer : { due: first, cancel: clock.at(first - lagMs, ring) }
  }

  function ring(): void {
    timer = noTimer
    const instant = now()
    for (const deadline of deadlines(snapshot)) if (deadline.due <= instant) mails.push({ kind: 'deadline', ...deadline })
    pump()
  }

  function halt(reason: ReleaseError): void {
    if (stopped) return
    stopped = reason
    timer.cancel()
    for (const { recall } of underWay.values()) recall.abort(reason)
    underWay.clear()
    for (const mail of mails.splice(0)) if (mail.kind === 'signal') mail.fail(reason)
    on.stopped(reason)
  }
}

const noTimer = { due: null, cancel: () => {} }

function refused({ release }: ReleaseSnapshot, { type }: Unstamped<Signal>, says: string): ReleaseError {
  return new ReleaseError('signal/refused', `${type} was refused for release "${release}": ${says}`, { release, signal: type })
}
