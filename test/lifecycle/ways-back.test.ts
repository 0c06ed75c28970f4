import { expect, test } from 'vitest'
import { nextTurn, type Turn } from '../../src/lifecycle/invariants/history.js'
import { deadlines, stateOf } from '../../src/lifecycle/release.js'
import { statusOf } from '../../src/lifecycle/status.js'
import { type PlanName, plans } from '../support/stories.js'
import { answersTo, beginning, nextEvents } from './walk.js'

/** Lives a release on, choosing by track and type what happens next. */
function lived(name: PlanName) {
  const turns: Turn[] = beginning(plans[name])
  const now = () => turns.at(-1)!.after
  return {
    now,
    state: (track: string) => stateOf(now().tracks[track]),
    /** The world answers a track's order with this event, or a signal of this type comes. */
    happens(type: string, wanted: { readonly track?: string; readonly outcome?: string; readonly last?: boolean } = {}) {
      const fitting = nextEvents(now()).filter(
        ({ event }) =>
          event.type === type &&
          (wanted.track === undefined || ('track' in event && event.track === wanted.track)) &&
          (wanted.outcome === undefined ||
            (event.type === 'metrics.looked' ? event.verdict.outcome : 'outcome' in event && event.outcome) === wanted.outcome),
      )
      const { event } = (wanted.last ? fitting.at(-1) : fitting[0])!
      turns.push(nextTurn(turns.at(-1), { event }))
    },
    /** Every order of the track is answered well until it comes to this state. */
    goesOnTo(track: string, state: string) {
      for (let left = 60; stateOf(now().tracks[track]) !== state; left -= 1) {
        const { context } = now().tracks[track]!
        const good =
          context.awaiting &&
          answersTo(context.awaiting, context, now().at).filter((e) => !('verdict' in e) || e.verdict.outcome !== 'fail')
        const looks = good?.filter((e) => e.type === 'metrics.looked')
        const due = nextEvents(now()).find(
          ({ event }) => event.type === 'deadline.passed' && event.track === track && event.deadline === 'look',
        )
        const event = looks?.findLast((e) => e.verdict.outcome === 'pass') ?? good?.[0] ?? due?.event
        if (event === undefined || left === 0)
          throw new Error(`${track} does not come to ${state}, but stays ${stateOf(now().tracks[track])}`)
        turns.push(nextTurn(turns.at(-1), { event }))
      }
    },
  }
}

test('a region that is back has no deadline left to pass again and again while the other goes on', () => {
  const release = lived('regions')
  release.happens('effect.failed', { track: 'eu/api' })
  release.goesOnTo('eu/api', 'rolledBack')
  expect(release.now().phase).toBe('running')
  expect(deadlines(release.now()).filter(({ track }) => track === 'eu/api')).toEqual([])
})

test('what cannot be taken back and fails a second time is held again', () => {
  const release = lived('irreversible')
  release.goesOnTo('prod/api', 'deploying.running')
  release.happens('hook.finished', { outcome: 'fail' })
  expect(release.state('prod/api')).toBe('held')
  release.happens('retry.requested')
  release.happens('hook.finished', { outcome: 'fail' })
  expect(release.state('prod/api')).toBe('held')
})

test('an abort is answered also after a human sent on what cannot be taken back', () => {
  const release = lived('irreversible')
  release.goesOnTo('prod/api', 'deploying.running')
  release.happens('hook.finished', { outcome: 'fail' })
  release.happens('retry.requested')
  release.happens('abort.requested')
  expect(release.state('prod/api')).toBe('held')
})

test('a unit stays until the held unit that depends on it is back', () => {
  const release = lived('units')
  release.goesOnTo('prod/store', 'promoted')
  release.goesOnTo('prod/api', 'verifying.watching')
  release.happens('deadline.passed', { track: 'prod/api', last: true })
  for (let left = 9; release.state('prod/api') !== 'held' && left > 0; left -= 1)
    release.happens('deadline.passed', { track: 'prod/api' })
  expect(release.state('prod/api')).toBe('held')
  release.happens('abort.requested')
  expect([release.state('prod/api'), release.state('prod/store')]).toEqual(['rollingBack.shifting', 'promoted'])
  release.goesOnTo('prod/api', 'rolledBack')
  expect(release.state('prod/store')).toBe('rollingBack.restoring')
})

test('a failure that a human waived is nobody’s cause any more', () => {
  const release = lived('held')
  release.goesOnTo('prod/api', 'verifying.watching')
  release.happens('metrics.looked')
  release.happens('deadline.passed', { track: 'prod/api', last: true })
  release.happens('metrics.looked', { outcome: 'fail' })
  expect(statusOf(release.now()).cause?.code).toBe('verdict/fail')
  release.happens('promote.requested')
  expect(statusOf(release.now()).cause).toBe(null)
})
