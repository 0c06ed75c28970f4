import { test } from 'vitest'
import { unleashFlagService } from '../../../adapters/unleash/index.js'
import { flagServiceLaws } from '../../../src/testing/laws/flag-service.js'
import { recordedUnleash } from './recorded-unleash.js'

for (const { id, says, check } of flagServiceLaws)
  test(`${id}: ${says}`, () =>
    check(() => {
      const { fetch } = recordedUnleash({ one: [{}], two: [] })
      const open = () =>
        unleashFlagService({ url: 'https://unleash.example.com', token: () => 'secret', environment: 'production', fetch })
      return { service: open(), flags: ['one', 'two'], unknownFlag: 'three', reopen: open }
    }))
