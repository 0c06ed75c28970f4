import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command, Instance } from './instance.js'

const mostBytes = 2048
/** Shorter values are flags and numbers; cutting them out would leave nothing readable. */
const shortestSecret = 6

/** The end of what an instance wrote to stderr, without the values of its environment. */
export async function lastWords(instance: Instance, { env = {} }: Command): Promise<string> {
  await using log = await open(join(instance.folder, 'stderr.log'))
  const { size } = await log.stat()
  const secrets = Object.values(env).filter((value) => value.length >= shortestSecret)
  // Read with room for a secret that starts before the cut, which would otherwise leave its second half.
  const room = mostBytes + Math.max(0, ...secrets.map((secret) => Buffer.byteLength(secret)))
  const { buffer, bytesRead } = await log.read({ buffer: Buffer.alloc(room), position: Math.max(0, size - room) })
  const text = secrets
    .sort((a, b) => b.length - a.length)
    .reduce((said, secret) => said.replaceAll(secret, '***'), buffer.toString('utf8', 0, bytesRead))
  return text.trim().slice(-mostBytes)
}
