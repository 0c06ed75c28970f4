import { test, vi } from 'vitest'
import { systemClock } from '../../src/engine/system-clock.js'
import {
  approverLaws,
  clockLaws,
  deployTargetLaws,
  fakeApprover,
  flagServiceLaws,
  hookLaws,
  journalLaws,
  type LawCase,
  lawCases,
  leaseLaws,
  metricsSourceLaws,
  observerLaws,
  recordingObserver,
  trafficRouterLaws,
  virtualClock,
} from '../../src/testing/index.js'
import { question } from '../support/question.js'
import * as subjects from './subjects.js'

function tryAll(what: string, cases: readonly LawCase[]): void {
  for (const { name, run } of cases) test(`${what}, ${name}`, run)
}
const fencing = 'it stands for a product that cannot'
const reopen = 'it lives as long as the process'

tryAll(
  'the pretended deploy target',
  lawCases(deployTargetLaws, subjects.target, {
    lacks: { reopen, fencing, broken: 'every version becomes ready; a test that needs another refuses in `before`' },
  }),
)
tryAll('the pretended router', lawCases(trafficRouterLaws, subjects.router, { lacks: { reopen, fencing } }))
tryAll(
  'the pretended metrics source',
  lawCases(metricsSourceLaws, subjects.metrics, {
    lacks: {
      impossible: 'it takes every query',
      quiet: 'it measures what it is told to',
      breakDown: 'a test that needs an outage throws in `before`',
    },
  }),
)
tryAll('the pretended flag service', lawCases(flagServiceLaws, subjects.flags, { lacks: { fencing } }))
tryAll(
  'the pretended approver',
  lawCases(approverLaws, subjects.approver, {
    lacks: { answersLater: 'here it answers', breakDown: 'it reaches nobody anyway' },
  }),
)
tryAll(
  'the pretended approver whose answers come later',
  lawCases(
    approverLaws,
    () => {
      const approver = fakeApprover()
      return { approver, request: question, asked: () => approver.asked.length, answersLater: true }
    },
    { lacks: { answer: 'here it does not answer', breakDown: 'it reaches nobody anyway' } },
  ),
)
tryAll('the pretended hook', lawCases(hookLaws, subjects.hook))
tryAll('the journal in memory', lawCases(journalLaws, subjects.journal))
tryAll('leases in memory', lawCases(leaseLaws, subjects.leases))
tryAll(
  'the recording observer',
  lawCases(
    observerLaws,
    () => {
      const observer = recordingObserver()
      return { observer, arrived: async () => observer.records }
    },
    { lacks: { breakDown: 'it sends nothing anywhere' } },
  ),
)
tryAll(
  'the virtual clock',
  lawCases(
    clockLaws,
    () => {
      const clock = virtualClock()
      return { clock, pass: clock.advance }
    },
    { lacks: { setBack: 'there is no machine under it' } },
  ),
)
tryAll(
  "the system's clock",
  lawCases(clockLaws, () => {
    const dateNow = vi.spyOn(Date, 'now')
    return {
      clock: systemClock(),
      pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      setBack: (ms) => void dateNow.mockImplementation(() => performance.timeOrigin + performance.now() - ms),
      [Symbol.asyncDispose]: async () => dateNow.mockRestore(),
    }
  }),
)
