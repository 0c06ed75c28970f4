import type { StatusWord } from '../lifecycle/status.js'
import type { ProgramStep } from '../plan/program.js'
import { humanDuration } from '../vocabulary/duration.js'
import type { Outcome } from '../vocabulary/verdict.js'
import type { Tone } from './fact.js'

/** A weight for people: `25 %`. */
export const sayWeight = (percent: number): string => `${percent} %`

/** An instant as `2026-03-01 12:30:00 UTC`, to the second. */
export const sayInstant = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** Time since the start, as `1:05:09`: hours, minutes, seconds. */
export function sayOffset(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const two = (count: number) => String(count).padStart(2, '0')
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** Goes on from a subject: "Look 3 is undecided". */
export const sayOutcome: Record<Outcome, string> = { pass: 'passed', fail: 'failed', inconclusive: 'is undecided' }
/** By itself, as in a table. */
export const shortOutcome: Record<Outcome, string> = { ...sayOutcome, inconclusive: 'undecided' }

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Whose word a gate needs: "2 approvals with role release-manager". */
export function sayApprovals({ quorum, roles }: Extract<ProgramStep, { type: 'approve' }>): string {
  return `${plural(quorum, 'approval')}${roles.length > 0 ? ` with role ${roles.join(' or ')}` : ''}`
}

/** What a step of a plan does, as an infinitive: "stay for 5m, while healthy looks every 30s". */
export function sayStep(step: ProgramStep): string {
  switch (step.type) {
    case 'deploy':
      return 'deploy the new version'
    case 'promote':
      return 'make it the stable version'
    case 'retire':
      return 'retire the old version'
    case 'shift':
      return `send it ${sayWeight(step.weight)} of traffic`
    case 'bake':
      return step.judge === undefined
        ? `stay for ${step.for}`
        : `stay for ${step.for}, while ${step.judge} looks every ${step.every}`
    case 'judge':
      return `let ${step.judge} look every ${step.every}, for at most ${step.within}`
    case 'approve':
      return `wait for ${sayApprovals(step)}, for at most ${step.timeout}`
    case 'verify':
      return `check with ${step.hook}, for at most ${step.timeout}`
    case 'run':
      return `run ${step.hook}${step.irreversible ? ', which cannot be taken back' : ''}, for at most ${step.timeout}`
  }
}

/** What a track is doing, from the machine's state: "watching". */
export function sayState(state: string): string {
  return states[state] ?? state
}

const states: Partial<Record<string, string>> = {
  proposed: 'not begun',
  'deploying.starting': 'deploying',
  'deploying.shifting': 'shifting traffic',
  'deploying.reasserting': 'setting the weight again',
  'deploying.running': 'running a hook',
  'deploying.promoting': 'promoting',
  'deploying.retiring': 'retiring the old version',
  'verifying.waiting': 'baking',
  'verifying.watching': 'watching',
  'verifying.checking': 'checking',
  'verifying.approving': 'waiting for approval',
  held: 'held for a human',
  failed: 'failed, waiting for others to roll back',
  'rollingBack.restoring': 'rolling back: restoring stable',
  'rollingBack.shifting': 'rolling back: traffic to stable',
  'rollingBack.reinstating': 'rolling back: reinstating stable',
  'rollingBack.undoing': 'rolling back: undoing',
  'rollingBack.retiring': 'rolling back: retiring the new version',
  rolledBack: 'rolled back',
}

/** How long until an instant, in words that change once a second and not more: "in 12s", "now". */
export function sayUntil(at: number, now: number): string {
  const seconds = Math.floor((at - now) / 1_000)
  if (seconds < 1) return 'now'
  return seconds < 10 ? `in ${seconds}s` : `in ${humanDuration(seconds * 1_000)}`
}

export const sayStatus: Record<StatusWord, string> = {
  proposed: 'proposed',
  validated: 'validated',
  deploying: 'deploying',
  verifying: 'verifying',
  promoted: 'promoted',
  failed: 'failed',
  rollingBack: 'rolling back',
  rolledBack: 'rolled back',
  archived: 'archived',
}

export const statusTone: Record<StatusWord, Tone> = {
  proposed: 'plain',
  validated: 'plain',
  deploying: 'plain',
  verifying: 'plain',
  promoted: 'good',
  failed: 'bad',
  rollingBack: 'bad',
  rolledBack: 'bad',
  archived: 'plain',
}
