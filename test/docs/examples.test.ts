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

test("the README's policy test compiles, and its policy does what it says", async () => {
  const policy = blocks[1]!
  expect(policy).toContain("import { plan } from './plan.ts'")
  const [declared] = /^const plan = .*?^\}\)$/ms.exec(blocks[0]!) ?? []
  const plan = `import { bake, canary, definePlan, shift } from 'taxiway'\nexport ${declared}\n`
  // In the place of vitest: what it runs, and nothing else of it.
  const runner = 'const test = async (name: string, run: () => Promise<void>) => { await run(); console.log("ok", name) }'
  const tests = policy.replace("import { test } from 'vitest'", runner).replaceAll(/^test\(/gm, 'await test(')
  const printed = (await runExamples({ plan, policy: tests })).policy!
  expect(printed.match(/^ok /gm)).toHaveLength(3)
  expect(printed).toMatch(/usual \(good\) .* 0 % /)
  expect(printed).toMatch(/broken \(bad\) .* 100 % /)
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
