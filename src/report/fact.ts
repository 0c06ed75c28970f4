import type { Look } from '../vocabulary/measurement.js'
import type { Verdict } from '../vocabulary/verdict.js'

export type Tone = 'plain' | 'good' | 'warn' | 'bad'

/** What a decision of a judge rests on. */
export interface Evidence {
  readonly judge: string
  /** The last interval looked at, epoch milliseconds. */
  readonly window: Pick<Look, 'from' | 'to'>
  readonly looks: number
  readonly verdict: Verdict
}

/** One thing that happened, for people. Texts are as they were journaled: a view makes them safe to show. */
export interface Fact {
  /** The journal's number of the record that tells it. */
  readonly seq: number
  /** Epoch milliseconds. */
  readonly at: number
  /** `null`: the whole release. */
  readonly track: string | null
  readonly stage: string | null
  readonly unit: string | null
  /** `ask`: people are asked for something; `end`: the release is over. */
  readonly kind: 'life' | 'work' | 'weight' | 'look' | 'ask' | 'gate' | 'signal' | 'trouble' | 'end'
  readonly tone: Tone
  /** Whether it settled where the release went from there. */
  readonly isDecision: boolean
  /** One sentence, in our words. */
  readonly says: string
  /** What a judge, a person or a product said about it, in theirs. */
  readonly detail?: string
  readonly evidence?: Evidence
}

/** A fact before its place and time are filled in. */
export type Told = Pick<Fact, 'kind' | 'says'> & Partial<Pick<Fact, 'tone' | 'isDecision' | 'detail' | 'evidence' | 'track'>>

/** The fact with what was said about it, on one line. */
export const sentence = ({ says, detail }: Pick<Fact, 'says' | 'detail'>): string => (detail ? `${says} ${detail}` : says)
