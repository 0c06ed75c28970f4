import { test } from 'vitest'
import { webhook } from '../../../adapters/webhook/index.js'
import { lawCases, observerLaws, virtualClock } from '../../../src/testing/index.js'
import { secret } from '../../../src/vocabulary/secret.js'

const cases = lawCases(observerLaws, () => {
  const clock = virtualClock()
  const bodies: string[] = []
  let isBroken = false
  const observer = webhook({
    url: 'https://hooks.example.com/releases',
    allow: ['hooks.example.com'],
    secrets: [secret(() => `whsec_${Buffer.alloc(32, 1).toString('base64')}`)],
    source: 'https://releases.example.com/',
    clock,
    post: async (_, { body }) => {
      if (isBroken) throw new Error('ECONNREFUSED')
      bodies.push(body)
      return 200
    },
  })
  return {
    observer,
    async arrived() {
      await observer.flush()
      return bodies.map((body) => JSON.parse(body))
    },
    breakDown() {
      isBroken = true
    },
    [Symbol.asyncDispose]: () => observer.close(),
  }
})
for (const { name, run } of cases) test(name, run)
