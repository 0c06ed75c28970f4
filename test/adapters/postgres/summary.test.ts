import { expect, test } from 'vitest'
import { emptySummary, type ReleasePhase, summarise } from '../../../adapters/postgres/summary.js'
import { replayStep } from '../../../src/lifecycle/record.js'
import { hasEnded, type ReleaseSnapshot } from '../../../src/lifecycle/release.js'
import { type ReleaseStatus, statusOf } from '../../../src/lifecycle/status.js'
import { stories } from '../../crash/told.js'
import { calmly } from '../../support/crash-points.js'

function phaseOf({ status, tracks }: ReleaseStatus): string {
  if (['proposed', 'promoted', 'rolledBack'].includes(status)) return status
  if (tracks.some(({ state }) => state === 'held')) return 'held'
  return status === 'rollingBack' ? 'rollingBack' : 'running'
}

test('after every record of every story, the status page says what a replay says', async () => {
  const seen = new Set<ReleasePhase | null>()
  for (const story of stories) {
    let snapshot: ReleaseSnapshot | undefined
    let summary = emptySummary
    for (const record of (await calmly(story)).records) {
      snapshot = replayStep(snapshot, record, story.name)
      summary = summarise(summary, record.event.at, record)
      const status = statusOf(snapshot)
      const units = Object.keys(snapshot.plan.units)
      expect(summary, story.name).toMatchObject({ plan: status.plan, units, phase: phaseOf(status) })
      // Who looks for releases that nobody drives asks for no others.
      expect(['promoted', 'rolledBack', 'archived'].includes(String(summary.phase)), story.name).toBe(hasEnded(snapshot))
      for (const { id, state } of status.tracks) expect(summary.tracks[id] ?? 'proposed', story.name).toBe(state)
      seen.add(summary.phase)
    }
    summary = summarise(summary, 0, { event: { type: 'release.archived' }, moves: [] })
    seen.add(summary.phase)
  }
  expect([...seen].sort()).toEqual(['archived', 'held', 'promoted', 'proposed', 'rolledBack', 'rollingBack', 'running'])
})

test.each([undefined, null, 7, 'text', [], {}, { event: 1 }, { event: { type: 'x' }, moves: [{}] }])(
  'a record that is none of a release changes nothing on the status page: %j',
  (body) => {
    expect(summarise(emptySummary, 0, body)).toEqual(emptySummary)
  },
)
