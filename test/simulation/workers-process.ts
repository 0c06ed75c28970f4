/** Evaluates one policy with one thread and with two; prints how many threads there were, and whether the results are the same. */
import { evaluatePolicy } from '../../src/simulation/evaluate-policy.js'
import { bad, good, quickPlan } from './worlds.js'

let threads = 0
process.on('worker', () => {
  threads += 1
})
const worlds = { same: { is: 'good', world: good }, errors: { is: 'bad', world: bad } } as const
const [alone, together] = [
  await evaluatePolicy(quickPlan, worlds, { runs: 20, workers: 1 }),
  await evaluatePolicy(quickPlan, worlds, { runs: 20, workers: 2 }),
]
console.log(threads, JSON.stringify(alone) === JSON.stringify(together))
const endless = {
  ...good,
  faults: [{ port: 'router', method: 'setWeight', fault: 'lost', from: '1s', calls: 1_000_000 }],
} as const
await evaluatePolicy(quickPlan, { endless: { is: 'good', world: endless } }, { runs: 20, workers: 2 }).catch((error) =>
  console.log(error.code, error.message),
)
