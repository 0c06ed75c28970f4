import { expect, test } from 'vitest'
import { type ApprovalLinks, httpApproval } from '../../../adapters/http-approval/index.js'
import type { Orchestrator } from '../../../src/engine/orchestrator.js'
import { approve } from '../../../src/plan/step.js'
import { ann, bob, canaryPlan, cat, ended, pretend } from '../../support/pretended.js'
import { baseUrl, hmac, sent, tokenOf } from './set-up.js'

const plan = {
  ...canaryPlan,
  stages: [
    { ...canaryPlan.stages[0], gates: { before: [approve({ name: 'go', approver: 'mail', quorum: 2, roles: ['sre'] })] } },
  ],
}
const author = { ...ann, roles: ['sre'] }

/** A release whose approvers get their links by mail. */
async function releaseByMail() {
  const links = new Map<string, ApprovalLinks>()
  const keys = hmac()
  /** As another process would build it: nothing of the one before is left but the keys. */
  const open = (orchestrator: () => Orchestrator) =>
    httpApproval({
      keys,
      baseUrl,
      audience: () => [author, bob, cat],
      deliver: async (all) => {
        for (const each of all) links.set(each.actor.id, each)
      },
      bindingOf: async (release) => {
        const { planHash, tracks } = orchestrator().get(release).status()
        return {
          planHash,
          artifacts: Object.fromEntries(tracks.flatMap(({ unit, canary }) => (unit && canary ? [[unit, canary]] : []))),
        }
      },
      onAnswer: (answer) => orchestrator().get(answer.release)[answer.decision](answer),
      now: () => pretended.clock.now(),
    })
  const mail = open(() => pretended.orchestrator)
  const pretended = pretend({ adapters: { approver: { mail } } })
  const handle = await pretended.start(plan, { author })
  await pretended.clock.advance(0)
  const click = async (who: { id: string }, decision: 'approve' | 'reject', door = mail) =>
    (await door.handle(sent(tokenOf(links.get(who.id)![decision])))).status
  return { pretended, handle, click, open }
}

test('two people approve by their links, and the release goes on', async () => {
  const { pretended, handle, click } = await releaseByMail()
  expect(await click(bob, 'approve')).toBe(200)
  expect(await click(bob, 'approve')).toBe(403)
  expect(handle.status().waiting).toMatchObject([{ for: 'approval', says: '1 of 2 approvals with role sre for go' }])
  expect(await click(cat, 'approve')).toBe(200)
  await ended(pretended.clock, handle)
  expect((await handle.result).status).toBe('promoted')
})

test('the author has a link, and cannot approve with it', async () => {
  const { handle, click } = await releaseByMail()
  expect(await click(author, 'approve')).toBe(403)
  expect(handle.status().waiting).toMatchObject([{ says: '0 of 2 approvals with role sre for go' }])
})

test('after a restart that has forgotten everything, a used link is refused by the release, and that is recorded', async () => {
  const { pretended, click, open } = await releaseByMail()
  expect(await click(bob, 'approve')).toBe(200)
  const [resumed] = await pretended.restart()
  await pretended.clock.advance(0)
  const fresh = open(() => pretended.orchestrator)
  expect(await click(bob, 'approve', fresh)).toBe(403)
  expect(resumed?.status().waiting).toMatchObject([{ says: '1 of 2 approvals with role sre for go' }])
  expect(pretended.events().at(-1)).toMatchObject({ type: 'signal.refused', says: expect.stringMatching(/has acted already/) })
  expect(await click(cat, 'approve', fresh)).toBe(200)
  await ended(pretended.clock, resumed!)
  expect((await resumed!.result).status).toBe('promoted')
})

test('after a rejection no link opens the gate any more', async () => {
  const { pretended, handle, click } = await releaseByMail()
  expect(await click(bob, 'reject')).toBe(200)
  expect(await click(cat, 'approve')).toBe(403)
  expect(await click(bob, 'approve')).toBe(403)
  await handle.abort({ actor: bob, reason: 'as rejected' }).catch(() => {})
  await ended(pretended.clock, handle)
  expect((await handle.result).status).toBe('rolledBack')
})
