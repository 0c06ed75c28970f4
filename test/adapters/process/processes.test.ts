import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { fromProc, fromPs, parseRecord, printRecord, runningProcesses } from '../../../adapters/process/processes.js'

async function sleeper() {
  const child = spawn('sleep', ['1000'], { detached: true })
  onTestFinished(() => void child.kill())
  await once(child, 'spawn')
  return { child, pid: child.pid ?? 0 }
}

test('both ways to ask the system agree on who runs, and in which group', async () => {
  const { pid } = await sleeper()
  const [proc] = await fromProc(pid)
  const [ps] = await fromPs(pid)
  expect(proc).toMatchObject({ pid, group: pid })
  expect(ps).toMatchObject({ pid, group: pid })
  expect(await fromPs()).toContainEqual(ps)
  expect(await fromProc()).toContainEqual(proc)
})

test('a process that has ended is not found', async () => {
  const { child, pid } = await sleeper()
  child.kill()
  await once(child, 'exit')
  expect([await fromProc(pid), await fromPs(pid)]).toEqual([[], []])
})

test('the record a shell writes is the process that it becomes', async () => {
  const child = spawn('/bin/sh', ['-c', `${printRecord}\nexec sleep 1000`])
  onTestFinished(() => void child.kill())
  let text = ''
  for await (const chunk of child.stdout) {
    text += chunk
    if (text.split('\n').length > 3) break
  }
  const record = parseRecord(text)
  expect(await runningProcesses(child.pid)).toMatchObject([{ ...record }])
})

test('a record that was cut short is none', () => {
  for (const text of ['', '12', '12\n', 'x\ny\n', '1\nThu Jan  1 00:00:00 2015\n']) expect(parseRecord(text)).toBeUndefined()
})
