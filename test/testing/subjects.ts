import type { ApprovalAnswer } from '../../src/ports/approver.js'
import {
  type ApproverSubject,
  type DeployTargetSubject,
  type FlagServiceSubject,
  fakeApprover,
  fakeHook,
  fakeWorld,
  type HookSubject,
  type JournalSubject,
  type LeaseSubject,
  type MetricsSourceSubject,
  memoryJournal,
  memoryLeases,
  type TrafficRouterSubject,
} from '../../src/testing/index.js'
import { question } from '../support/question.js'

const options = { signal: new AbortController().signal, idempotencyKey: 'set up', fencingToken: 1 }

export const target = (): DeployTargetSubject => ({
  target: fakeWorld({ stable: {} }).deploy,
  unit: 'checkout',
  stable: { version: 'v1' },
  canary: { version: 'v2' },
})

export async function router(): Promise<TrafficRouterSubject> {
  const { deploy, router } = fakeWorld({ stable: { checkout: 'v1', search: 'v1' } })
  for (const unit of ['checkout', 'search']) await deploy.deploy({ unit, artifact: { version: 'v2' }, role: 'canary' }, options)
  const routeOf = (unit: string) => ({ unit, stable: 'v1', canary: 'v2' })
  return { router, route: routeOf('checkout'), otherRoute: routeOf('search'), absentVersion: 'v3' }
}

const badOf: Readonly<Record<string, number>> = { v1: 1, v2: 2 }

export function metrics(): MetricsSourceSubject {
  const { metrics } = fakeWorld({
    stable: { checkout: 'v1' },
    measure(version) {
      const bad = badOf[version]
      if (bad === undefined) return { kind: 'missing', reason: 'empty', detail: 'It never ran.' }
      return { kind: 'counts', total: 100, bad }
    },
  })
  const versions = { canary: 'v2', control: 'v1' }
  const request = { unit: 'checkout', versions, queries: { errors: {}, timeouts: {} }, from: 0, to: 60_000 }
  return { source: metrics, request, absentVersion: 'v3' }
}

export function flags(): FlagServiceSubject {
  const { flags } = fakeWorld({ stable: {}, flags: ['one', 'two'] })
  return { service: flags, flag: 'one', otherFlag: 'two', unknownFlag: 'three', reopen: () => flags }
}

export function approver(): ApproverSubject {
  const answers = new Map<string, PromiseWithResolvers<ApprovalAnswer>>()
  const answerOf = (release: string) => {
    const answer = answers.get(release) ?? Promise.withResolvers<ApprovalAnswer>()
    answers.set(release, answer)
    return answer
  }
  const approver = fakeApprover(({ release }) => answerOf(release).promise)
  return {
    approver,
    request: question,
    asked: ({ release }) => approver.asked.filter((one) => one.release === release).length,
    answer: ({ release }, given) => answerOf(release).resolve({ ...given, actor: { id: 'kim@example.com' } }),
  }
}

export function hook(): Required<HookSubject> {
  const hook = fakeHook()
  const request = { release: 'r', stage: 's', unit: 'u', canary: { version: 'v2' }, input: { table: 'orders' } }
  return { hook, request, effects: () => hook.effects.length, reopen: () => hook }
}

export function journal(): Required<JournalSubject> {
  const journal = memoryJournal()
  let newest = journal
  const reopen = () => {
    newest = newest.reopen()
    return newest
  }
  return { journal, reopen, takeOver: reopen }
}

export function leases(): Required<LeaseSubject> {
  const leases = memoryLeases()
  return { lease: leases.lease(), other: leases.lease(), expire: leases.expire }
}
