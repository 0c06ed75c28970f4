import { createServer } from 'node:net'

/** Services started here speak to this machine only. */
export const loopback = '127.0.0.1'

/** A port that nobody listens on, at this moment. */
export async function freePort(): Promise<number> {
  const port = await listenOnce(0)
  if (port === undefined) throw new Error(`no free port on ${loopback}`)
  return port
}

export async function isTaken(port: number): Promise<boolean> {
  return (await listenOnce(port)) === undefined
}

function listenOnce(port: number): Promise<number | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(port, loopback, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}
