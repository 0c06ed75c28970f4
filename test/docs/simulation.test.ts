import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runExamples } from '../support/run-examples.js'

const page = readFileSync(new URL('../../docs/simulation.md', import.meta.url), 'utf8')
const blocks = (kind: string) => [...page.matchAll(new RegExp(`\`\`\`${kind}\\n(.*?)\`\`\``, 'gs'))].map(([, text]) => text!)

test('the program of the page about simulation compiles, and prints what the page says', async () => {
  const { simulation } = await runExamples({ simulation: blocks('ts').join('\n') })
  expect(simulation).toBe(blocks('text').join(''))
})
