import { test } from 'vitest'
import { flagdFlagService } from '../../../adapters/flagd/index.js'
import { flagServiceLaws } from '../../../src/testing/laws/flag-service.js'
import { flagFile, plain } from './set-up.js'

for (const { id, says, check } of flagServiceLaws)
  test(`${id}: ${says}`, () =>
    check(async () => {
      const { file } = await flagFile({ flags: { one: plain, two: plain } })
      const open = () => flagdFlagService({ file })
      return { service: open(), flags: ['one', 'two'], unknownFlag: 'three', reopen: open }
    }))
