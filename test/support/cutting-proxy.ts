import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** What becomes of a piece of a conversation: passed on, cut off instead, or passed on and cut off at the answer to it. */
export type Cut = 'pass' | 'cut before' | 'cut after'

/** Stands between a client and a server on this machine, for the running test. */
export async function cuttingProxy(port: number) {
  const sockets = new Set<Socket>()
  let decide: (asked: string) => Cut = () => 'pass'
  let isSilent = false
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    let isDoomed = false
    const part = () => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', part)
    }
    client.on('data', (bytes) => {
      if (isSilent) return
      const cutting = decide(bytes.toString('latin1'))
      if (cutting === 'cut before') return part()
      isDoomed ||= cutting === 'cut after'
      server.write(bytes)
    })
    server.on('data', (bytes) => {
      if (isDoomed) part()
      else if (!isSilent) client.write(bytes)
    })
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(() => {
    cut()
    proxy.close()
  })
  return {
    port: (proxy.address() as AddressInfo).port,
    /** Asked about everything that clients send, until it is told otherwise. */
    decide(rule: (asked: string) => Cut) {
      decide = rule
    },
    /** Swallows everything from now on, both ways, and closes nothing: a cable that was pulled. */
    silence() {
      isSilent = true
    },
    /** Ends all connections. */
    cut,
  }
}
