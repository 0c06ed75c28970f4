import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ReleaseError } from '../../src/vocabulary/errors.js'

/** @returns the port, where 0 was asked for. @throws ReleaseError `adapter/rejected` when it cannot be had */
export async function listen(server: Server, port: number, host: string): Promise<number> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? 'is taken. Stop what listens there, or' : `cannot be listened on (${code}). Please`
    throw new ReleaseError(
      'adapter/rejected',
      `Port ${port} on ${host} ${reason} choose another port.`,
      { port, host },
      { cause },
    )
  }
  return (server.address() as AddressInfo).port
}
