/**
 * A process that releases, until it is killed: eight units, one release after the other on each. Its adapters call the world at
 * the socket given; its journal is in the directory given.
 *
 *     node tools/soak/worker.ts <socket> <directory>
 *
 * Waits for `go <JSON>` with the number of each unit's next version, whether to overrule the holder of the lock, and how large a
 * file of the journal may grow. Prints each record that is durable. After `finish` it starts no more releases, and ends with them.
 */
import { flushCompileCache } from 'node:module'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { openFileJournal } from '../../dist/adapters/file/index.js'
import type { CallOptions, DeployTarget, ReleaseHandle, TrafficRouter } from '../../dist/src/index.js'
import { canary, createOrchestrator, definePlan, ReleaseError, shift, verify } from '../../dist/src/index.js'

const [socketPath = '', directory = ''] = process.argv.slice(2)
const world = connect(socketPath)
const answers = new Map<number, PromiseWithResolvers<never>>()
let calls = 0
createInterface({ input: world }).on('line', (line) => {
  const { id, answer, refusal } = JSON.parse(line)
  const waiting = answers.get(id)
  answers.delete(id)
  if (refusal === undefined) waiting?.resolve(answer as never)
  else waiting?.reject(new ReleaseError('adapter/rejected', refusal))
})

/** One end of a port whose other end is in another process. */
const remote =
  (port: string, method: string) =>
  (...given: unknown[]) => {
    const { idempotencyKey, fencingToken } = given.pop() as CallOptions
    const id = ++calls
    const waiting = Promise.withResolvers<never>()
    answers.set(id, waiting)
    world.write(`${JSON.stringify({ id, port, method, given, key: idempotencyKey, token: fencingToken })}\n`)
    return waiting.promise
  }
const portOf = (port: string, ...methods: string[]) => Object.fromEntries(methods.map((method) => [method, remote(port, method)]))

// It will not come to its end.
flushCompileCache()
const orders = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { next, takeOver, maxRecords } = JSON.parse((await orders.next()).value.slice('go '.length))
let isFinishing = false
void orders.next().then(() => {
  isFinishing = true
})

const journal = await openFileJournal(directory, { takeOver, segment: { maxRecords } })
console.log(`opened ${journal.fencingToken}`)
const orchestrator = createOrchestrator({
  adapters: {
    deploy: { world: portOf('deploy', 'deploy', 'promote', 'retire', 'observe') as unknown as DeployTarget },
    router: {
      world: {
        capabilities: { mirror: false, smallestStepPercent: 1 },
        ...portOf('router', 'setWeight', 'getWeight', 'settle'),
      } as unknown as TrafficRouter,
    },
    hook: { smoke: remote('hook', 'smoke') },
  },
  journal,
  observers: [{ record: ({ release, seq }) => console.log(`${release} ${seq}`) }],
})

const resumed = await orchestrator.resume()
const ended: string[] = []
await Promise.all(Object.keys(next).map(releaseOn))
await journal.close()
console.log('done')
process.exit()

async function releaseOn(unit: string): Promise<void> {
  const plan = definePlan({
    name: unit,
    units: { [unit]: { deploy: 'world', router: 'world' } },
    stages: [{ name: 'prod', strategy: canary(shift(10), verify('smoke'), shift(50), verify('smoke')) }],
  })
  for (const handle of resumed) if (handle.id.startsWith(`${unit}-`)) await end(handle)
  while (!isFinishing) {
    const version = `${next[unit]++}`
    try {
      const artifacts = { [unit]: { version } }
      await end(await orchestrator.start(plan as never, { id: `${unit}-${version}`, artifacts, author: { id: 'ann' } }))
    } catch (error) {
      // Begun by a process that was killed before it could say so.
      if (!ReleaseError.is(error) || !/^(release\/exists|journal\/conflict)$/.test(error.code)) throw error
    }
  }
}

async function end(handle: ReleaseHandle): Promise<void> {
  await handle.result
  ended.push(handle.id)
  if (ended.length >= 3) await journal.archive(ended.splice(0))
}
