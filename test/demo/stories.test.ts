import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { endOf, processesIn, startProgram } from './rollouts.js'

test('the demo promotes the good version, rolls the bad one back, and resumes the killed one; nothing is left behind', async () => {
  const { exit, said } = await endOf(startProgram('demo.ts', []))
  expect(said).toMatch(/As it should be: the good version was promoted\. Live: 1\.1\. .* 0 connection errors/)
  expect(said).toMatch(/As it should be: the bad version was rolled back\. Live: 1\.1\./)
  expect(said).toMatch(/Its orchestrator is gone: SIGKILL/)
  expect(said).toMatch(/As it should be: the killed rollout was resumed and promoted\. Live: 1\.3\./)
  expect(exit).toBe(0)
  const reports = /Reports: (.*)/.exec(said)![1]!
  expect(processesIn(dirname(reports))).toEqual([])
  expect(readFileSync(join(reports, 'bad.html'), 'utf8')).toContain('rolled back')
}, 180_000)
