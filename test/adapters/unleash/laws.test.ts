import { test } from 'vitest'
import { unleashFlagService } from '../../../adapters/unleash/index.js'
import { flagServiceLaws, lawCases } from '../../../src/testing/index.js'
import { secret } from '../../../src/vocabulary/secret.js'
import { recordedUnleash } from './recorded-unleash.js'

const cases = lawCases(
  flagServiceLaws,
  () => {
    const { fetch } = recordedUnleash({ one: [{}], two: [] })
    const open = () =>
      unleashFlagService({
        url: 'https://unleash.example.com',
        token: secret(() => 'secret'),
        environment: 'production',
        fetch,
      })
    return { service: open(), flag: 'one', otherFlag: 'two', unknownFlag: 'three', reopen: open }
  },
  { lacks: { fencing: 'the Admin API knows no such token' } },
)
for (const { name, run } of cases) test(name, run)
