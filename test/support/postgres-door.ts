/** One PostgreSQL server for all test files, started when the first of them knocks. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { TestProject } from 'vitest/node'
import { type RunningPostgres, startPostgres } from './start-postgres.js'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Port on which the address of the server is told. */
    postgresDoor: number
  }
}

/** For vitest's `globalSetup`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<RunningPostgres> | undefined
  const door = createServer((socket) => {
    starting ??= startPostgres()
    starting.then(
      ({ port }) => socket.end(`${port}`),
      (error: Error) => socket.end(error.message),
    )
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  project.provide('postgresDoor', (door.address() as AddressInfo).port)
  return async () => {
    door.close()
    const server = await starting?.catch(() => undefined)
    await server?.stop()
  }
}
