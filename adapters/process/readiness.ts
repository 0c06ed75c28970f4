import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Instance, isAlive, lookMs } from './instance.js'
import { loopback } from './port.js'

/** A service that has not answered after this time is asked again. */
const probeMs = 2000

/** It runs, and answers a GET of `path` with 200. Asked anew at every call. */
export async function isReady(instance: Instance, path: string, signal: AbortSignal): Promise<boolean> {
  if (instance.isEnding || !(await isAlive(instance))) return false
  const status = await statusOf(`${originOf(instance)}${path}`, AbortSignal.any([signal, AbortSignal.timeout(probeMs)]))
  // Looked at again: somebody else may have had the port, and given the answer.
  return status === 200 && (await isAlive(instance))
}

/** Resolves with `undefined` once the instance is ready, or with how it ended instead. Asks until the signal says stop. */
export async function untilReady(instance: Instance, path: string, signal: AbortSignal, ended?: Promise<string>) {
  const gone = new AbortController()
  let end = 'has ended (an earlier process had started it, so its exit code is lost)'
  const noted = ended?.then((how) => {
    end = how
    gone.abort()
  })
  const stop = AbortSignal.any([signal, gone.signal])
  for (;;) {
    if (await isReady(instance, path, stop)) return undefined
    signal.throwIfAborted()
    if (gone.signal.aborted) return end
    if (!noted && !(await isAlive(instance))) return end
    await sleep(lookMs, undefined, { signal: stop }).catch(() => {})
  }
}

export function originOf({ port }: Instance): string {
  return `http://${loopback}:${port}`
}

function statusOf(url: string, signal: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, signal }, (response) => {
      resolve(response.statusCode)
      response.destroy()
    })
    request.on('error', () => resolve(undefined))
  })
}
