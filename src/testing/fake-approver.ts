import type { ApprovalAnswer, ApprovalRequest, Approver } from '../ports/approver.js'

/**
 * Asks nobody.
 * @param answer - what is answered; by default nothing for now, as when a question was delivered
 */
export function fakeApprover(
  answer: (request: ApprovalRequest) => ApprovalAnswer | undefined | Promise<ApprovalAnswer | undefined> = () => undefined,
): Approver & { readonly asked: readonly ApprovalRequest[] } {
  const asked: ApprovalRequest[] = []
  return {
    asked,
    async request(request, { signal }) {
      signal.throwIfAborted()
      asked.push(request)
      const { promise: withdrawn, reject } = Promise.withResolvers<never>()
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      return Promise.race([answer(request), withdrawn])
    },
  }
}
