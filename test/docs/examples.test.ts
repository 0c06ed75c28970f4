import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { runExamples } from '../support/run-examples.js'

const root = resolve(import.meta.dirname, '../..')
const runExample = async (program: string) => (await runExamples({ example: program })).example

const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!)

test('the first example of the README runs, and promotes a good version', async () => {
  const world = `
    import { fakeWorld } from 'taxiway/testing'
    const { deploy: local, router: proxy, metrics: scrape } = fakeWorld({
      stable: { checkout: '1.4.1' },
      measure: () => ({ kind: 'counts', total: 5_000, bad: 5 }),
    })
  `
  const hurried = blocks[0]!.replaceAll(/'(\d+)m', \{/g, "'$10ms', { every: '10ms',")
  expect(await runExample(world + hurried)).toBe('promoted\n')
})

test('the first example of the README has a plan and a release in about twenty lines', () => {
  expect(blocks[0]!.split('\n').length).toBeLessThanOrEqual(24)
})

test('the same plan from the builder and from JSON has the same hash', async () => {
  const program = `
    import { readFileSync } from 'node:fs'
    import { planFromJson, planHash } from 'taxiway'
    import { plan } from '${join(root, 'examples', 'plan.ts')}'
    const read = planFromJson(readFileSync('${join(root, 'examples', 'plan.json')}', 'utf8'))
    console.log(planHash(read) === planHash(plan), JSON.stringify(read) === JSON.stringify(plan))
  `
  expect(await runExample(program)).toBe('true true\n')
})
