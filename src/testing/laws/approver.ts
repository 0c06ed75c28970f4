import type { ApprovalAnswer, ApprovalRequest, Approver } from '../../ports/approver.js'
import { actorSchema } from '../../vocabulary/actor.js'
import { call, ensure, frozen, givenUp, isRefused, type Law, lawsOf, shown } from './law.js'

/** An approver to try, and the people it asks. */
export interface ApproverSubject {
  readonly approver: Approver
  readonly request: ApprovalRequest
  /** How often this question has reached people. */
  readonly asked: (request: ApprovalRequest) => number | Promise<number>
  /** Somebody answers this question as soon as it is there. Only where `request` resolves with the answer. */
  readonly answer?: (request: ApprovalRequest, answer: Pick<ApprovalAnswer, 'decision' | 'reason'>) => void | Promise<void>
  /** `request` resolves when the question was delivered; the answer comes later, as a signal. */
  readonly answersLater?: boolean
  /** From then on no question reaches anybody. */
  readonly breakDown?: () => void | Promise<void>
}

const law = lawsOf<ApproverSubject>()

/** What every adapter of `Approver` obeys. */
export const approverLaws: readonly Law<ApproverSubject>[] = [
  law('AP1', 'an approval comes back with who gave it and what they said', ['answer'], async (subject) => {
    await isAnswered(subject, subject.request, { decision: 'approve', reason: 'looks good' })
  }),

  law('AP2', 'a rejection comes back with who gave it and what they said', ['answer'], async (subject) => {
    await isAnswered(subject, subject.request, { decision: 'reject', reason: 'too close to the holidays' })
  }),

  law('AP3', 'two questions at the same time get each their own answer', ['answer'], async (subject) => {
    const { request } = subject
    await Promise.all([
      isAnswered(subject, request, { decision: 'reject', reason: 'not this one' }),
      isAnswered(subject, another(request), { decision: 'approve', reason: 'this one' }),
    ])
  }),

  law('AP4', 'a question that is withdrawn is refused, and the next one is answered', ['answer'], async (subject) => {
    const { approver, request } = subject
    const withdrawn = new AbortController()
    const question = approver.request(request, call({ signal: withdrawn.signal }))
    withdrawn.abort(givenUp().signal.reason)
    await isRefused('the withdrawn one', () => question)
    await isAnswered(subject, another(request), { decision: 'approve', reason: 'still here' })
  }),

  law('AP5', 'a delivered question resolves without an answer', ['answersLater'], async ({ approver, request, asked }) => {
    const answer = await approver.request(frozen(structuredClone(request)), call())
    ensure(answer === undefined, `nobody has answered, and it says ${shown(answer)}`)
    ensure((await asked(request)) === 1, `the question reached people ${await asked(request)} times`)
  }),

  law('AP6', 'a question that reaches nobody is refused', ['breakDown'], async ({ approver, request, asked, breakDown }) => {
    await breakDown()
    await isRefused('it', () => approver.request(request, call()))
    ensure((await asked(request)) === 0, 'it was asked')
  }),

  law('AP7', 'a question that was given up before it began is not asked', [], async ({ approver, request, asked }) => {
    await isRefused('it', () => approver.request(request, givenUp()))
    ensure((await asked(request)) === 0, 'it was asked')
  }),
]

const another = (request: ApprovalRequest): ApprovalRequest => ({
  ...request,
  release: `${request.release}-2`,
  says: 'May the next one go on?',
})

async function isAnswered(
  { approver, asked, answer }: ApproverSubject & Required<Pick<ApproverSubject, 'answer'>>,
  request: ApprovalRequest,
  given: Pick<ApprovalAnswer, 'decision' | 'reason'>,
): Promise<void> {
  const coming = approver.request(frozen(structuredClone(request)), call({ idempotencyKey: request.release }))
  await answer(request, given)
  const got = await coming
  ensure(got?.decision === given.decision && got.reason === given.reason, `${shown(given)} became ${shown(got)}`)
  ensure(actorSchema.safeParse(got.actor).success, `nobody gave the answer: ${shown(got.actor)}`)
  ensure((await asked(request)) === 1, `the question reached people ${await asked(request)} times`)
}
