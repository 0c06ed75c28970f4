import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { type FakeCall, fakeWorld } from '../../src/testing/fake-world.js'

/** Every third version is bad. */
export const isBad = (version: string) => Number(version) % 3 === 0

/**
 * A pretended world for processes that come and go: it outlives them, writes down what took effect, and refuses whoever comes
 * with a lower token than it has seen.
 */
export async function serveWorld(path: string, units: readonly string[], random: () => number) {
  const calls: FakeCall[] = []
  const world = fakeWorld({
    stable: Object.fromEntries(units.map((unit) => [unit, '0'])),
    before: (call) => void calls.push(call),
  })
  let [highest, refused] = [0, 0]
  const pause = () => new Promise((resolve) => setTimeout(resolve, random() * 3))

  async function serve({ port, method, given, key, token }: Request): Promise<unknown> {
    await pause()
    if (token < highest) {
      refused += 1
      throw new Error(`Token ${token} is over; ${highest} was here.`)
    }
    highest = token
    const options = { signal: new AbortController().signal, idempotencyKey: key, fencingToken: token }
    if (port === 'hook') {
      const { unit, canary } = given[0] as { unit: string; canary: { version: string } }
      calls.push({ port: port as FakeCall['port'], method: 'hook', unit, detail: method, key, fencingToken: token })
      return { outcome: isBad(canary.version) ? 'fail' : 'pass', says: 'Looked.' }
    }
    const target = world[port] as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>
    return target[method]!(...given, options)
  }

  const server = createServer((socket) => {
    const requests = createInterface({ input: socket })
    // Whoever is killed hangs up.
    for (const end of [socket, requests]) end.on('error', () => {})
    requests.on('line', async (line) => {
      const request: Request = JSON.parse(line)
      const outcome = await serve(request).then(
        (answer) => ({ answer }),
        (error: unknown) => ({ refusal: String(error) }),
      )
      await pause()
      if (!socket.destroyed) socket.write(`${JSON.stringify({ id: request.id, ...outcome })}\n`)
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    /** What took effect, in order. */
    calls: calls as readonly FakeCall[],
    stable: world.stable,
    refused: () => refused,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

interface Request {
  readonly id: number
  readonly port: 'deploy' | 'router' | 'hook'
  readonly method: string
  readonly given: unknown[]
  readonly key: string
  readonly token: number
}
