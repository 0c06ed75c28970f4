import { type Fact, sentence } from '../report/fact.js'
import { visible } from '../report/visible.js'
import { sayOffset } from '../report/words.js'
import type { Finding } from './expectations.js'
import type { SimulationResult } from './result.js'

/** A release for people, one fact a line; looks that decided nothing are left out. */
export function timelineText({ timeline: { facts }, startedAt }: Pick<SimulationResult, 'timeline' | 'startedAt'>): string {
  return facts
    .filter(({ kind, isDecision }) => kind !== 'look' || isDecision)
    .map((fact) => line(fact, startedAt))
    .join('\n')
}

const line = ({ at, track, ...fact }: Fact, startedAt: number) =>
  `  +${sayOffset(at - startedAt)} ${track === null ? '' : `${track}: `}${visible(sentence(fact))}`

/** What a failed expectation prints: what was expected, the decision that went otherwise, and the whole release. */
export function explain({ expected, found, decision }: Finding, result: SimulationResult, isNegated = false): string {
  return [
    `Expected the release ${isNegated ? 'not ' : ''}${expected}. ${found}`,
    ...(decision ? ['Decided by:', line(decision, result.startedAt)] : []),
    'Timeline:',
    timelineText(result),
  ].join('\n')
}
