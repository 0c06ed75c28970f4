import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { Story } from '../support/ordeal.js'
import { aborts, approver, pauses, promotes, rejecter, resumes, retries, skips } from '../support/people.js'
import { type PlanName, plans } from '../support/stories.js'

const refused = (says: string) => new ReleaseError('adapter/rejected', says)
const cutOff = (says: string) => new ReleaseError('adapter/unavailable', says)
const people = [...approver('bob'), ...approver('cleo')]
const names = Object.keys(plans) as PlanName[]

/** The new version is broken wherever it gets traffic. */
const isBad: Story['measure'] = (version) => ({ kind: 'counts', total: 1_000, bad: version === '2' ? 200 : 0 })
const isBadAtHalf: Story['measure'] = (version, _, weight) => ({
  kind: 'counts',
  total: 1_000,
  bad: version === '2' && weight >= 50 ? 200 : 0,
})
/** Every check and script fails, and taking them back works. */
const failing: Story['hook'] = (name) => (name === 'revert' ? 'pass' : 'fail')
const isOut: Story['measure'] = () => ({ kind: 'missing', reason: 'outage', detail: 'The source is down.' })

/** Where the hooks story is aborted. */
export const abortedStates = [
  'deploying.starting',
  'deploying.running',
  'deploying.shifting',
  'verifying.checking',
  'verifying.waiting',
  'verifying.approving',
]

/** Stories of every kind: each plan on good and on bad days, and every hand that can be laid on them. */
export const stories: readonly Story[] = [
  ...names.map((plan): Story => ({ name: `${plan} on a good day`, plan, people })),
  ...names.map(
    (plan): Story => ({
      name: `${plan} with a bad version`,
      plan,
      people: [...people, retries],
      measure: isBad,
      hook: failing,
    }),
  ),
  ...names.map(
    (plan): Story => ({
      name: `${plan} whose promotion is refused`,
      plan,
      people: [...people, retries],
      world: ({ method, detail }) => {
        if (method === 'promote' && detail === '2') throw refused('No quota.')
      },
    }),
  ),
  ...names.map(
    (plan): Story => ({
      name: `${plan} whose deployment is refused`,
      plan,
      people,
      world: ({ method, detail }) => {
        if (method === 'deploy' && detail === '2') throw refused('No such image.')
      },
    }),
  ),
  ...(['canary', 'blueGreen', 'units', 'stages'] as const).map((plan): Story => {
    let refusals = 0
    return {
      name: `${plan} whose rollback fails at first`,
      plan,
      people,
      measure: isBad,
      hook: failing,
      world: ({ method, detail }) => {
        if (method === 'setWeight' && detail === '0' && refusals++ % 9 < 8) throw cutOff('The router is restarting.')
      },
    }
  }),
  ...abortedStates.map(
    (state): Story => ({ name: `hooks, aborted in ${state}`, plan: 'hooks', people: [aborts(state), ...people] }),
  ),
  ...['verifying.watching', 'deploying.promoting', 'deploying.retiring', 'paused', 'held'].map(
    (state): Story => ({
      name: `canary, aborted in ${state}`,
      plan: 'canary',
      people: [...(state === 'paused' ? [pauses('deploying.shifting')] : []), aborts(state)],
      ...(state === 'held' && { measure: isOut }),
    }),
  ),
  ...['deploying.starting', 'deploying.shifting', 'verifying.watching', 'deploying.promoting'].map(
    (state): Story => ({ name: `canary, paused in ${state} and resumed`, plan: 'canary', people: [pauses(state), resumes] }),
  ),
  { name: 'canary, paused and forgotten', plan: 'canary', people: [pauses('deploying.shifting')] },
  { name: 'canary, bad at half', plan: 'canary', measure: isBadAtHalf },
  { name: 'canary in a metrics outage', plan: 'canary', measure: isOut },
  { name: 'canary in a metrics outage, promoted by hand', plan: 'canary', measure: isOut, people: [promotes] },
  { name: 'patient in a metrics outage, skipped', plan: 'patient', measure: isOut, people: [skips] },
  { name: 'canary with a hand edit', plan: 'canary', tamper: { afterMs: 45_000, weight: 60 } },
  { name: 'canary with a hand edit to nothing', plan: 'canary', tamper: { afterMs: 75_000, weight: 0 } },
  { name: 'approvals, rejected', plan: 'approvals', people: [rejecter] },
  { name: 'approvals, nobody there', plan: 'approvals' },
  { name: 'gates, nobody there', plan: 'gates' },
  { name: 'blueGreen, undecided', plan: 'blueGreen', hook: () => 'inconclusive' },
  {
    name: 'hooks, undecided and retried',
    plan: 'hooks',
    people: [...people, retries],
    hook: (name) => (name === 'revert' ? 'pass' : 'inconclusive'),
  },
  { name: 'regions, aborted while one is done', plan: 'regions', people: [aborts('promoted')] },
  { name: 'stages, aborted in the second', plan: 'stages', people: [{ ...aborts('promoted'), id: 'late abort' }] },
]
