import { spawn, spawnSync } from 'node:child_process'
import { constants, openSync } from 'node:fs'
import { ReadStream, WriteStream } from 'node:tty'
import { expect, onTestFinished, test } from 'vitest'
import { terminalApprover } from '../../../adapters/terminal/index.js'

/** Holds the far end of a new terminal: prints its path, then passes bytes both ways. */
const holder = `
import os, select, sys
far, near = os.openpty()
os.write(1, os.ttyname(near).encode() + b"\\n")
while True:
    for ready in select.select([0, far], [], [])[0]:
        chunk = os.read(ready, 4096)
        if not chunk: sys.exit()
        os.write(far if ready == 0 else 1, chunk)
`
const hasPython = process.platform === 'linux' && spawnSync('python3', ['-c', 'import os, select; os.openpty()']).status === 0

test.skipIf(!hasPython)(
  'at a real terminal the person approves, Ctrl-D is no answer, and its settings are never touched',
  async () => {
    const python = spawn('python3', ['-c', holder], { stdio: ['pipe', 'pipe', 'inherit'] })
    let screen = ''
    const looks = new Set<() => void>()
    python.stdout.on('data', (chunk) => {
      screen += chunk
      for (const look of looks) look()
    })
    const shows = (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve) => {
        const look = () => {
          const found = pattern.exec(screen)
          if (found) resolve(found)
        }
        looks.add(look)
        look()
      })
    const path = (await shows(/^(.+)\n/))[1]!
    const open = () => openSync(path, constants.O_RDWR | constants.O_NOCTTY)
    const [input, output] = [new ReadStream(open()), new WriteStream(open())]
    onTestFinished(() => {
      input.destroy()
      output.destroy()
      python.stdin.end()
    })
    const settings = () => spawnSync('stty', ['-F', path, '-a'], { encoding: 'utf8' }).stdout
    const before = settings()

    const approver = terminalApprover({ input, output, actor: { id: 'kim' } })
    const ask = () =>
      approver.request(
        { release: 'r-1', planHash: 'sha256:0', gate: 'production', artifacts: {}, says: 'Go on\x1b[2J?', expiresAt: 0 },
        { signal: new AbortController().signal, idempotencyKey: 'k', fencingToken: 1 },
      )
    const first = ask()
    await shows(/why: $/)
    expect(before).toContain('icanon')
    expect(settings()).toBe(before)
    python.stdin.write('approve 2\x7f1 at last\n')
    expect(await first).toEqual({ decision: 'approve', actor: { id: 'kim' }, reason: 'at last' })

    const second = ask()
    await shows(/reject 2" and why: $/)
    python.stdin.write('\x04')
    await expect(second).rejects.toMatchObject({ code: 'adapter/rejected' })
    expect(settings()).toBe(before)
    expect(screen).toContain('Go on\\u{1b}[2J?')
    expect(screen.replaceAll('\b \b', '')).not.toContain('\x1b')
  },
)
