import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { httpApproval } from '../../../adapters/http-approval/index.js'
import { ReleaseError } from '../../../src/vocabulary/errors.js'
import { baseUrl, call, ed25519, hmac, keyed, kim, lee, opened, question, seen, sent, setUp, tokenOf } from './set-up.js'

const kinds = [
  ['HMAC', hmac],
  ['Ed25519', ed25519],
] as const

test.each(kinds)('a person approves through a link signed with %s', async (_, keys) => {
  const { approval, mailbox, answers, ask } = setUp({ keys: keys() })
  const { actor, approve } = await ask()
  expect(actor).toEqual(kim)
  expect(mailbox[0]?.map((links) => links.actor)).toEqual([kim, lee])
  expect(await approval.request(question, call())).toBeUndefined()
  const response = await approval.handle(sent(tokenOf(approve), ' error rate is flat '))
  expect(response.status).toBe(200)
  const { release, gate } = question
  const id = expect.stringMatching(/^sha256:[0-9a-f]{64}$/)
  expect(answers).toEqual([{ id, release, gate, decision: 'approve', actor: kim, reason: 'error rate is flat' }])
})

test('a rejection says why, and is asked for it', async () => {
  const { approval, answers, ask } = setUp()
  const { reject } = await ask()
  const again = await approval.handle(sent(tokenOf(reject), '  '))
  expect(again.status).toBe(422)
  expect(await again.text()).toContain('Say why.')
  expect(answers).toEqual([])
  expect((await approval.handle(sent(tokenOf(reject), 'too late in the day'))).status).toBe(200)
  expect(answers).toMatchObject([{ decision: 'reject', reason: 'too late in the day' }])
})

test('opening a link changes nothing, however often mail scanners open it', async () => {
  const { approval, answers, ask } = setUp()
  const { approve } = await ask()
  for (const method of ['GET', 'HEAD', 'GET']) expect((await approval.handle(new Request(approve, { method }))).status).toBe(200)
  expect(answers).toEqual([])
  const page = await seen(await approval.handle(opened(tokenOf(approve))))
  expect(page.body).toContain('v2 sha256:aaaa')
  expect(page.body).toContain(`action="${baseUrl}"`)
  expect(Object.fromEntries(page.headers)).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
  })
  expect((await approval.handle(sent(tokenOf(approve)))).status).toBe(200)
})

test('asked the same again, after a crash or an answer, people get the same links; asked anew, others', async () => {
  const { mailbox, ask } = setUp()
  await ask()
  await ask()
  await ask({ expiresAt: question.expiresAt + 1 })
  expect(mailbox[1]).toEqual(mailbox[0])
  expect(new Set(mailbox.flat().flatMap(({ approve, reject }) => [approve, reject])).size).toBe(8)
})

test('names full of markup and tricks stay text on the page', async () => {
  const evil = `<img src=x onerror=alert(1)>"'\`&\u202e\u0007`
  const gate = `go ${evil}`
  const { approval, ask } = setUp({ audience: () => [{ id: evil }] })
  const page = await (await approval.handle(opened(tokenOf((await ask({ gate })).approve)))).text()
  expect(page).not.toContain('<img')
  expect(page).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#96;&#38;\\u{202e}\\u{7}')
  expect(page).not.toMatch(/\p{Cf}/u)
})

test('links of the former key are good until it is taken away', async () => {
  const [old, fresh] = [keyed(), keyed()]
  const before = setUp({ keys: { hmac: [old] } })
  const token = tokenOf((await before.ask()).approve)
  const during = setUp({ keys: { hmac: [fresh, old] } })
  const after = setUp({ keys: { hmac: [fresh] } })
  expect((await during.approval.handle(sent(token))).status).toBe(200)
  expect((await after.approval.handle(sent(token))).status).toBe(403)
  expect((await after.approval.handle(sent(tokenOf((await during.ask()).approve)))).status).toBe(200)
})

test('Ed25519 keys change in the same way', async () => {
  const [old, fresh] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
  const { ask } = setUp({ keys: { ed25519: { privateKey: old.privateKey } } })
  const token = tokenOf((await ask()).approve)
  const during = setUp({ keys: { ed25519: { privateKey: fresh.privateKey, formerPublicKeys: [old.publicKey] } } })
  const after = setUp({ keys: { ed25519: { privateKey: fresh.privateKey } } })
  expect((await during.approval.handle(sent(token))).status).toBe(200)
  expect((await after.approval.handle(sent(token))).status).toBe(403)
})

test('an answer that could not be recorded can be given again', async () => {
  let isDown = true
  const { approval, ask } = setUp({
    onAnswer: async () => {
      if (isDown) throw new ReleaseError('journal/failed', 'The disk is full.')
    },
  })
  const token = tokenOf((await ask()).approve)
  const response = await seen(await approval.handle(sent(token)))
  expect(response.status).toBe(503)
  expect(response.body).not.toContain('disk')
  isDown = false
  expect((await approval.handle(sent(token))).status).toBe(200)
  expect((await approval.handle(sent(token))).status).toBe(403)
})

test('a question that nobody is to answer is refused before it is delivered', async () => {
  const { approval, mailbox } = setUp({ audience: () => [] })
  await expect(approval.request(question, call())).rejects.toMatchObject({ code: 'adapter/rejected' })
  expect(mailbox).toEqual([])
})

test.each([
  ['a key of another kind', { keys: { ed25519: { privateKey: generateKeyPairSync('x25519').privateKey } } }],
  ['a public key to sign with', { keys: { ed25519: { privateKey: generateKeyPairSync('ed25519').publicKey } } }],
  ['a base URL with a query', { baseUrl: `${baseUrl}?x=1` }],
  ['a base URL that is none', { baseUrl: 'javascript:alert(1)' }],
] as const)('%s is refused at once', (_, options) => {
  const build = () =>
    httpApproval({
      keys: hmac(),
      baseUrl,
      audience: () => [],
      deliver: async () => {},
      bindingOf: async () => undefined,
      onAnswer: async () => {},
      ...options,
    })
  expect(build).toThrow(expect.objectContaining({ code: 'input/invalid' }))
})

test('a secret that is too short signs nothing and opens nothing, and is not repeated in the message', async () => {
  const weak = setUp({ keys: { hmac: [keyed('hunter2')] } })
  const error = await weak.ask().catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'input/invalid', message: expect.not.stringMatching('hunter2') })
  const link = tokenOf((await setUp().ask()).approve)
  expect((await seen(await weak.approval.handle(sent(link)))).status).toBe(503)
  const former = setUp({ keys: { hmac: [keyed(), keyed('hunter2')] } })
  expect((await seen(await former.approval.handle(sent(link)))).status).toBe(503)
  expect([weak.answers, former.answers]).toEqual([[], []])
})
