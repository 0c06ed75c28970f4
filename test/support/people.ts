import type { ReleaseStatus } from '../../src/lifecycle/status.js'
import type { Person } from './ordeal.js'

const by = (id: string, actor: string) => ({ id, actor: { id: actor, roles: ['sre'] }, reason: 'So I decide.' })
const isIn = (state: string) => (status: ReleaseStatus) => status.tracks.some((track) => track.state === state)
const gateOf = (status: ReleaseStatus) => status.waiting.find((waiting) => waiting.for === 'approval')?.gate

/** Approves each gate that opens. */
export const approver = (name: string): Person[] =>
  ['prod:before', 'prod/api', 'prod:after'].map((track) => ({
    id: `${name} approves ${track}`,
    when: (status) => gateOf(status)?.startsWith(`${track}#`) === true,
    act: (handle, id) => handle.approve({ ...by(id, name), gate: gateOf(handle.status())! }),
  }))

export const rejecter: Person = {
  id: 'dan rejects',
  when: (status) => gateOf(status) !== undefined,
  act: (handle, id) => handle.reject({ ...by(id, 'dan'), gate: gateOf(handle.status())! }),
}

export const aborts = (state: string): Person => ({
  id: `abort in ${state}`,
  when: isIn(state),
  act: (handle, id) => handle.abort(by(id, 'eve')),
})
export const pauses = (state: string): Person => ({
  id: `pause in ${state}`,
  when: isIn(state),
  act: (handle, id) => handle.pause(by(id, 'eve')),
})
export const resumes: Person = { id: 'resume', when: isIn('paused'), act: (handle, id) => handle.resume(by(id, 'eve')) }
const onHold = (word: 'retry' | 'skip' | 'promote'): Person => ({
  id: word,
  when: isIn('held'),
  act: (handle, id) => handle[word](by(id, 'eve')),
})
export const [retries, skips, promotes] = [onHold('retry'), onHold('skip'), onHold('promote')]
