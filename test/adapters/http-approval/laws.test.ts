import { test } from 'vitest'
import { approverLaws, lawCases } from '../../../src/testing/index.js'
import { question, setUp } from './set-up.js'

const cases = lawCases(
  approverLaws,
  () => {
    const delivered: string[] = []
    let isBroken = false
    const { approval } = setUp({
      async deliver(_, { release }) {
        if (isBroken) throw new Error('the mail server is gone')
        delivered.push(release)
      },
    })
    return {
      approver: approval,
      request: question,
      asked: ({ release }) => delivered.filter((one) => one === release).length,
      answersLater: true,
      breakDown() {
        isBroken = true
      },
    }
  },
  { lacks: { answer: 'answers come by HTTP, as signals' } },
)
for (const { name, run } of cases) test(name, run)
