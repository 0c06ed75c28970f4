import type { ApprovalRequest } from '../../src/ports/approver.js'

export const question: ApprovalRequest = {
  release: 'checkout-42',
  planHash: `sha256:${'1'.repeat(64)}`,
  gate: 'production:before#go',
  artifacts: { checkout: { version: 'v2', digest: `sha256:${'a'.repeat(64)}` } },
  says: 'May checkout-42 go on?',
  expiresAt: Date.UTC(2100, 0, 1),
}
