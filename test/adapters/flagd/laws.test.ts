import { test } from 'vitest'
import { flagdFlagService } from '../../../adapters/flagd/index.js'
import { flagServiceLaws, lawCases } from '../../../src/testing/index.js'
import { flagFile, plain } from './set-up.js'

const cases = lawCases(
  flagServiceLaws,
  async () => {
    const { file } = await flagFile({ flags: { one: plain, two: plain } })
    const open = () => flagdFlagService({ file })
    return { service: open(), flag: 'one', otherFlag: 'two', unknownFlag: 'three', reopen: open }
  },
  { lacks: { fencing: 'a flag file has no place for a token' } },
)
for (const { name, run } of cases) test(name, run)
