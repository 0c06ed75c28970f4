import { test } from 'vitest'
import { deployTargetLaws } from '../../../src/testing/laws/deploy-target.js'
import { lawCases } from '../../../src/testing/laws/law-cases.js'
import { cluster, unit } from './set-up.js'

const cases = lawCases(
  deployTargetLaws,
  async () => {
    const { kube, target } = await cluster()
    kube.fate(':broken', 'crashes')
    return {
      target: target(),
      unit,
      stable: { version: '1.5.0' },
      canary: { version: '1.6.0', digest: `sha256:${'a'.repeat(64)}` },
      reopen: () => target(),
      broken: { version: 'broken' },
    }
  },
  {
    diverges: {
      DT4: 'a unit has two places: the old version makes room in the first one when the new version is promoted to it',
    },
    lacks: { fencing: 'the API server knows no fencing tokens' },
  },
)
for (const { name, run } of cases) test(name, run)
