import { expect, test } from 'vitest'
import type { Fact } from '../../src/report/fact.js'
import { sentence } from '../../src/report/fact.js'
import { timelineOf } from '../../src/report/timeline.js'
import { sayOffset } from '../../src/report/words.js'
import { story } from '../support/story.js'
import { approved, held, promoted, rolledBack, small, traffic, underWay } from './stories.js'

const told = (facts: readonly Fact[], startedAt: number) =>
  facts.map((fact) => `${sayOffset(fact.at - startedAt)} ${fact.track ?? 'release'}: ${sentence(fact)}`)

test('a rollback is told from the failed look to the version that is live again', () => {
  const { facts, startedAt, status } = timelineOf(rolledBack())
  const start = facts.findIndex(({ says }) => says.startsWith('Look 8 failed'))
  expect(status.status).toBe('rolledBack')
  expect(told(facts.slice(start), startedAt)).toEqual([
    '0:09:48 production/checkout: Look 8 failed, so the release rolls back. errors in 30s: canary ratio 2.073 % is above the allowed 2 %, on 10,040 requests (failed look 1 of 1 in a row).',
    '0:09:49 production/checkout: The weight could not be moved to 0 %; it is tried again. edge answered 503 to weight 0.\nTry again later. (adapter/unavailable)',
    '0:09:52 production/checkout: The weight moved from 25 % to 0 %: all traffic is on stable.',
    '0:10:12 production/checkout: checkout 2.0.0 is retired.',
    '0:10:12 production/checkout: checkout is back on 1.9.0.',
    '0:10:12 release: The release is rolled back, after 10m 12s. errors in 30s: canary ratio 2.073 % is above the allowed 2 %, on 10,040 requests (failed look 1 of 1 in a row).',
  ])
})

test('the decisions of a promotion are the passed watches, each with the verdict it rests on', () => {
  const { facts } = timelineOf(promoted())
  const decisions = facts.filter(({ isDecision }) => isDecision)
  expect(decisions.map(({ says }) => says)).toEqual([
    'Look 10 passed, so bake-2 is done.',
    'Look 20 passed, so bake-4 is done.',
    'Look 1 passed, so judge-5 is done.',
  ])
  for (const { tone, evidence } of decisions) {
    expect(tone).toBe('good')
    expect(evidence?.judge).toBe('healthy')
    expect(evidence?.verdict.outcome).toBe('pass')
    expect(evidence!.window.to).toBeGreaterThan(evidence!.window.from)
  }
  expect(facts.at(-1)).toMatchObject({ kind: 'end', tone: 'good', says: 'The release is promoted, after 17m 43s.' })
})

test('who paused, who was turned away and who opened the gate is told with their words', () => {
  const { facts, approvals } = timelineOf(approved())
  const people = facts.filter(({ kind }) => kind === 'signal' || kind === 'gate' || kind === 'ask').map(sentence)
  expect(people).toEqual([
    'cleo@example.org paused the release. “I want to see the graphs first”',
    'cleo@example.org resumed the release.',
    'Gate production:before#go-live waits for 2 approvals with role release-manager until 2026-03-02 12:13:06 UTC.',
    'The question was delivered to the approver.',
    'ann@example.org may not approve now. ann@example.org is the author, and cannot approve their own release.',
    'ben@example.org approved gate production:before#go-live, 1 of 2. “looks good”',
    'cleo@example.org approved gate production:before#go-live, 2 of 2, so it is open. “go”',
  ])
  expect(approvals.map(({ actor, isGranted }) => [actor.id, isGranted])).toEqual([
    ['ben@example.org', true],
    ['cleo@example.org', true],
  ])
})

test('a bake that stays undecided is told as held for a human, not as failed', () => {
  const { facts, status } = timelineOf(held())
  expect(status.waiting).toMatchObject([{ track: 'production/checkout', for: 'human' }])
  expect(facts.at(-1)).toMatchObject({ tone: 'warn', isDecision: true, says: 'Look 14 is undecided, so it is held for a human.' })
})

const cleo = { id: 'cleo@example.org' }
test.each([
  ['abort.requested', 'cleo@example.org aborted the release, so the release rolls back.'],
  ['promote.requested', 'cleo@example.org took the place of the judge of production/checkout#bake-2.'],
  ['retry.requested', 'cleo@example.org may not have a step begun again now.'],
] as const)('%s in the middle of a bake is told as what it came to', (type, says) => {
  const { facts } = timelineOf(story(small, { measure: traffic(), people: [[120_000, { type, actor: cleo }]] }))
  expect(facts.filter(({ kind }) => kind === 'signal').map((fact) => fact.says)).toEqual([says])
})

test.each([
  ['retry.requested', 'cleo@example.org had production/checkout#bake-2 begun again.'],
  ['skip.requested', 'cleo@example.org had production/checkout#bake-2 left out.'],
] as const)('%s of a held bake is told as what it came to', (type, says) => {
  const outage = { kind: 'missing', reason: 'outage', detail: 'no answer' } as const
  const records = story(small, {
    measure: () => ({ canary: outage, control: outage }),
    people: [[500_000, { type, actor: cleo }]],
    untilMs: 510_000,
  })
  expect(
    timelineOf(records)
      .facts.filter(({ kind }) => kind === 'signal')
      .map((fact) => fact.says),
  ).toEqual([says])
})

test('a deployment that runs out of time, and a router that loses the weight, are told with what came of it', () => {
  const silent = story(small, { answer: ({ type }) => (type === 'unit.deploy' ? 'silence' : undefined) })
  expect(timelineOf(silent).facts.map(({ says }) => says)).toContain('Time ran out for deploy, so the release rolls back.')

  const drifting = story(small, {
    measure: traffic(),
    answer: ({ type, key }, nth) =>
      type === 'metrics.look' && key.includes('bake-2:1:3') && nth === 1 ? { type: 'traffic.drifted', weight: 0 } : undefined,
  })
  const { facts, weights } = timelineOf(drifting)
  expect(facts.map(({ says }) => says)).toContain('The router had 0 % in force instead of 5 %; it is set again.')
  expect(weights[0]?.points.map(({ weight }) => weight)).toEqual([0, 5, 0, 5, 25, 100])
})

test('the weight is a staircase with one point for each change', () => {
  expect(timelineOf(rolledBack()).weights).toMatchObject([{ track: 'production/checkout' }])
  expect(timelineOf(rolledBack()).weights[0]?.points.map(({ weight }) => weight)).toEqual([0, 5, 25, 0])
})

test('a unit without a router has no weight to show', () => {
  expect(timelineOf(approved()).weights.map(({ track }) => track)).not.toContain('production/ledger')
})

test('each metric has the values of canary and control, and the tighter of its bounds, look by look', () => {
  const { series } = timelineOf(rolledBack())
  expect(series.map(({ name, unit, points }) => [name, unit, points.length])).toEqual([
    ['errors ratio', '%', 18],
    ['latency p99', 'ms', 18],
  ])
  for (const { canary, control, ceiling, outcome } of series[0]!.points) {
    expect(ceiling).toBeCloseTo(Math.min(0.02, 3 * control!))
    expect(outcome).toBe(canary! > ceiling! ? 'fail' : 'pass')
  }
  expect(series[0]!.points.at(-1)?.outcome).toBe('fail')
})

test('a look without data is a gap, not a zero', () => {
  const [errors] = timelineOf(held()).series
  expect(errors?.points.filter(({ canary }) => canary === null).length).toBe(9)
  expect(errors?.points.every(({ canary, outcome }) => (canary === null) === (outcome === 'inconclusive'))).toBe(true)
})

test('a release under way can be told up to any of its records', () => {
  const records = rolledBack()
  const whole = timelineOf(records).facts
  for (let count = 1; count <= records.length; count++) {
    const { facts, seqs } = timelineOf(records.slice(0, count))
    expect(seqs).toEqual({ first: 1, last: count })
    expect(facts).toEqual(whole.filter(({ seq }) => seq <= count))
  }
  expect(timelineOf(underWay(120_000)).status.status).toBe('verifying')
})

test('records that are not all records of one release are refused', () => {
  const [first, second, third] = promoted()
  expect(() => timelineOf([])).toThrow(expect.objectContaining({ code: 'release/unknown' }))
  expect(() => timelineOf([first!, third!])).toThrow(expect.objectContaining({ code: 'journal/corrupt' }))
  expect(() => timelineOf([first!, { ...second!, release: 'other' }])).toThrow(
    expect.objectContaining({ code: 'journal/corrupt' }),
  )
  expect(() => timelineOf([{ ...first!, body: { format: 99 } }])).toThrow(expect.objectContaining({ code: 'journal/version' }))
})

test('a hold that nobody ended is told as one, with why it was held', () => {
  const outage = { kind: 'missing', reason: 'outage', detail: 'no answer' } as const
  const { facts } = timelineOf(story(small, { measure: () => ({ canary: outage, control: outage }) }))
  const end = facts.find(({ says }) => says.startsWith('The hold'))
  expect(end?.says).toBe('The hold of bake-2 ran out, so the release rolls back.')
  expect(end?.detail).toMatch(/^Nobody decided in time\. It was held because: errors/)
})
