import { test } from 'vitest'
import { journalLaws, lawCases } from '../../../src/testing/index.js'
import { openForTest, temporaryHome } from './fixture.js'

const cases = lawCases(journalLaws, async () => {
  const home = await temporaryHome()
  return {
    journal: await openForTest(home),
    reopen: () => openForTest(home),
    takeOver: () => openForTest(home, { takeOver: true }),
  }
})
for (const { name, run } of cases) test(name, run)
