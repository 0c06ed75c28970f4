import { test } from 'vitest'
import { terminalApprover } from '../../../adapters/terminal/index.js'
import { approverLaws, lawCases } from '../../../src/testing/index.js'
import { question } from '../../support/question.js'
import { terminal } from './set-up.js'

const cases = lawCases(
  approverLaws,
  () => {
    const { input, output, shows, screen, type } = terminal()
    return {
      approver: terminalApprover({ input, output, actor: { id: 'kim@example.com' } }),
      request: question,
      asked: ({ says }) => screen().split(`: ${says}\n`).length - 1,
      async answer({ says }, { decision, reason }) {
        await shows(`: ${says}\n`)
        const [, number] = screen().split(`: ${says}\n`)[0]!.split('Question ').slice(-2)
        type(`${decision} ${number} ${reason}`)
      },
      breakDown: () => void input.destroy(),
    }
  },
  { lacks: { answersLater: 'people answer where they are asked' } },
)
for (const { name, run } of cases) test(name, run)
