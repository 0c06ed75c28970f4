import type { Effect, ReleaseEvent } from '../protocol.js'
import type { ReleaseRecord } from '../record.js'
import { type Move, type ReleaseSnapshot, stateOf, step } from '../release.js'
import type { TrackContext } from '../track-context.js'

/** A call that reached the world, as a fake adapter logs it. */
export interface WorldCall {
  readonly port: string
  readonly method: string
  readonly unit: string
  readonly detail: string
  readonly key: string
  readonly fencingToken: number
  /** How many records were durable when it arrived, where that is known. */
  readonly after?: number
  /** When it arrived, epoch milliseconds, where that is known. */
  readonly at?: number
}

/** One record, and what the machine makes of it. */
export interface Turn {
  /** 1 for the first record. */
  readonly seq: number
  readonly event: ReleaseEvent
  /** As journaled. */
  readonly effects: readonly Effect[]
  readonly moves: readonly Move[]
  /** As the machine gives them now. */
  readonly given: { readonly effects: readonly Effect[]; readonly moves: readonly Move[] }
  readonly before: ReleaseSnapshot | undefined
  readonly after: ReleaseSnapshot
}

/** All that is known of one release: what was recorded, and what reached the world. */
export interface History {
  readonly turns: readonly Turn[]
  readonly calls: readonly WorldCall[]
  /** Turns up to this one are known to be sound: a search that grows a history by one turn asks about that one alone. */
  readonly soundUpTo?: number
}

/** A promise to users, as a question to a history. `check` says what breaks it, and where; `undefined`: nothing does. */
export interface Invariant {
  readonly id: string
  readonly says: string
  check(history: History): string | undefined
}

/** @throws ReleaseError `journal/corrupt` when the records do not begin with a proposal */
export function historyOf(records: readonly ReleaseRecord[], calls: readonly WorldCall[] = []): History {
  const turns: Turn[] = []
  for (const record of records) turns.push(nextTurn(turns.at(-1), record))
  return { turns, calls }
}

/** The turn that an event leads to. @param record - as journaled; with an event alone, as the machine would journal it */
export function nextTurn(
  last: Turn | undefined,
  record: { readonly event: ReleaseEvent } & Partial<Pick<ReleaseRecord, 'effects' | 'moves'>>,
): Turn {
  const { snapshot: after, ...given } = step(last?.after, record.event)
  const { event, effects = given.effects, moves = given.moves } = record
  return { seq: (last?.seq ?? 0) + 1, event, effects, moves, given, before: last?.after, after }
}

/** The first thing that is wrong with any turn. */
export function firstTurn(complain: (turn: Turn, history: History) => string | undefined): Invariant['check'] {
  return (history) => {
    for (const turn of history.turns.slice(history.soundUpTo)) {
      const says = complain(turn, history)
      if (says !== undefined) return `record ${turn.seq} (${turn.event.type}): ${says}`
    }
    return undefined
  }
}

/** The first thing that is wrong with any call. */
export function firstCall(
  complain: (call: WorldCall, history: History, index: number) => string | undefined,
): Invariant['check'] {
  return (history) => {
    for (const [index, call] of history.calls.entries()) {
      const says = complain(call, history, index)
      if (says !== undefined) return `call ${index + 1} (${call.method} ${call.detail} of ${call.unit}, key ${call.key}): ${says}`
    }
    return undefined
  }
}

/** How one track looked before and after a turn; only tracks that exist on both sides. */
export interface Passage {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly before: TrackContext
  readonly after: TrackContext
}

export function passages({ before, after }: Turn): Passage[] {
  if (before === undefined) return []
  return Object.keys(before.tracks).map((id) => {
    const [old, now] = [before.tracks[id]!, after.tracks[id]!]
    return { id, from: stateOf(old), to: stateOf(now), before: old.context, after: now.context }
  })
}

/** The turn by which a track came to the state, step and generation it is in before `turn`. */
export function entryOf({ turns }: History, turn: Turn, { id, from, before }: Passage): Turn {
  const isSame = (other: ReleaseSnapshot | undefined) => {
    const track = other?.tracks[id]
    return (
      track !== undefined &&
      stateOf(track) === from &&
      track.context.index === before.index &&
      track.context.generation === before.generation
    )
  }
  let entry = turns[turn.seq - 2]!
  while (isSame(entry.before)) entry = turns[entry.seq - 2]!
  return entry
}
