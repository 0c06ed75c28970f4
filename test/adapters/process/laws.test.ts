import { test } from 'vitest'
import { processTarget } from '../../../adapters/process/index.js'
import { deployTargetLaws, lawCases } from '../../../src/testing/index.js'
import { tinyService } from '../../support/tiny-service.js'
import { emptyDirectory, unit } from './set-up.js'

const cases = lawCases(deployTargetLaws, async () => {
  const directory = await emptyDirectory()
  const tiny = tinyService({ mark: directory, drainMs: 0 })
  const command: typeof tiny.command = (artifact, ...rest) =>
    artifact.version === 'broken' ? { file: 'false', args: [] } : tiny.command(artifact, ...rest)
  const open = () => processTarget({ directory, units: { [unit]: { ...tiny, command } } })
  return {
    target: open(),
    unit,
    stable: { version: 'v1' },
    canary: { version: 'v2' },
    broken: { version: 'broken' },
    fencing: true,
    reopen: open,
  }
})
for (const { name, run } of cases) test(name, run)
