import { readFile, rename, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { CallOptions, DeployTarget } from 'taxiway'
import { processTarget } from 'taxiway/adapters/process'

/** Each version has a colour: the servers of that name in HAProxy. Two versions run at once, never more. */
const colourNames = ['blue', 'green'] as const
type Colours = Partial<Record<(typeof colourNames)[number], string>>

/**
 * The shop as local processes that HAProxy and Prometheus know of: a deploy target of our own, made from another one. What it
 * remembers lies in `directory`: which version has which colour, and `targets.json`, where Prometheus finds what to scrape.
 */
export function fleet({ directory, haproxy }: { readonly directory: string; readonly haproxy: string }) {
  const processes = processTarget({
    directory: join(directory, 'processes'),
    units: {
      shop: {
        instances: 2,
        readyPath: '/ready',
        command: ({ version }) => ({
          file: process.execPath,
          args: [join(import.meta.dirname, '../demo/service.ts'), version],
          cwd: directory,
        }),
      },
    },
  })
  const coloursFile = join(directory, 'colours.json')
  const colours = async (): Promise<Colours> => JSON.parse(await readFile(coloursFile, 'utf8').catch(() => '{}'))

  /** Tells HAProxy where a version's servers are, and Prometheus what there is to scrape. Safe to repeat. */
  async function register(unit: string, version: string, options: CallOptions): Promise<void> {
    const known = await colours()
    const { stable } = await processes.observe(unit, options)
    const isFree = (colour: keyof Colours) => known[colour] === undefined || known[colour] !== stable?.version
    const colour = colourNames.find((name) => known[name] === version) ?? colourNames.find(isFree)
    const now = { ...known, [colour as string]: version }
    const addresses = (await processes.urls(unit, version)).map((url) => new URL(url))
    const moves = addresses.map(({ hostname, port }, i) => `set server shop/${colour}${i + 1} addr ${hostname} port ${port}`)
    await runtime(haproxy, moves.join('; '), options.signal)
    await replace(coloursFile, now)
    await scrape(unit, Object.values(now))
  }

  async function scrape(unit: string, versions: readonly string[]): Promise<void> {
    const targets = versions.map(async (version) => ({
      targets: (await processes.urls(unit, version)).map((url) => new URL(url).host),
      labels: { job: unit, version },
    }))
    await replace(join(directory, 'targets.json'), await Promise.all(targets))
  }

  const target: DeployTarget = {
    ...processes,
    async deploy(order, options) {
      await processes.deploy(order, options)
      await register(order.unit, order.artifact.version, options)
    },
    async promote(order, options) {
      await processes.promote(order, options)
      await register(order.unit, order.artifact.version, options)
    },
    async retire(order, options) {
      await processes.retire(order, options)
      const left = Object.entries(await colours()).filter(([, version]) => version !== order.artifact.version)
      await replace(coloursFile, Object.fromEntries(left))
      await scrape(
        order.unit,
        left.map(([, version]) => version),
      )
    },
  }
  return {
    target,
    stopAll: processes.stopAll,
    serversOf: async (_unit: string, version: string) =>
      Object.entries(await colours()).flatMap(([colour, of]) => (of === version ? [`${colour}1`, `${colour}2`] : [])),
  }
}

/** One line of commands over HAProxy's Runtime API. */
async function runtime(path: string, line: string, signal: AbortSignal): Promise<void> {
  const socket = connect({ path, signal })
  socket.end(`${line}\n`)
  const answer = await text(socket)
  // It says so when an address was changed, and when it was so already.
  const wrong = answer.split('\n').find((line) => line.trim() !== '' && !/changed|no need/.test(line))
  if (wrong !== undefined) throw new Error(`HAProxy: ${wrong}`)
}

/** A reader finds the old file or the new one, never half of one. */
async function replace(file: string, content: unknown): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(content))
  await rename(`${file}.new`, file)
}
