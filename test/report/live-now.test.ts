import { expect, test } from 'vitest'
import { liveNow } from '../../src/report/live-now.js'
import { timelineOf } from '../../src/report/timeline.js'
import { type StoryOptions, story } from '../support/story.js'
import { approved, large, promoted, rolledBack, small, traffic, underWay } from './stories.js'

const live = (records: Parameters<typeof timelineOf>[0]) =>
  liveNow(timelineOf(records).snapshot).map(({ track, says }) => `${track}: ${says}`)

test('what is live is the old version, the new one, or both with their shares', () => {
  expect(live(promoted())).toEqual(['production/checkout: 2.0.0'])
  expect(live(rolledBack())).toEqual(['production/checkout: 1.9.0'])
  expect(live(underWay(100_000))).toEqual(['production/checkout: 1.9.0 with 95 %, 2.0.0 with 5 %'])
  expect(live(underWay(100_000).slice(0, 1))).toEqual(['production/checkout: not known before the release is validated'])
})

test('a unit without a router is told as being replaced, and as the old version once it is back', () => {
  const options: StoryOptions = {
    people: approvals,
    measure: traffic(),
    answer: ({ track, type }) => (track === 'production/ledger' && type === 'unit.deploy' ? 'silence' : undefined),
  }
  const records = story(large, options)
  const failedAt = records.findIndex(({ body }) => JSON.stringify(body).includes('"to":"rollingBack'))
  expect(live(records.slice(0, failedAt))).toContain('production/ledger: 1.9.0, being replaced by 2.0.0')
  expect(live(records)).toContain('production/ledger: 1.9.0')
  expect(live(approved())).toContain('production/ledger: 14')
})

test('where nothing ran before, nothing is live until the new version is', () => {
  const first: StoryOptions = { stable: {}, answer: ({ type }) => (type === 'unit.deploy' ? 'silence' : undefined) }
  expect(live(story(small, first))).toEqual(['production/checkout: nothing'])
})

const gate = 'production:before#go-live'
const manager = (id: string) => ({ id, roles: ['release-manager'] })
const approvals: NonNullable<StoryOptions['people']> = [
  [1_200_000, { type: 'approval.granted', gate, actor: manager('ben@example.org') }],
  [1_300_000, { type: 'approval.granted', gate, actor: manager('cleo@example.org') }],
]
