import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { afterAll, inject } from 'vitest'

/** Where a client finds a database. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

/** A new database for this test file on the server that all share. Fails, saying what is missing, where none can be had. */
export async function freshDatabase(): Promise<Address> {
  const answer = await text(connect(inject('postgresDoor'), '127.0.0.1'))
  if (!/^\d+$/.test(answer)) throw new Error(answer)
  return createDatabase(Number(answer))
}

export async function createDatabase(port: number): Promise<Address> {
  const server = { host: '127.0.0.1', port, user: 'postgres' }
  const database = `test_${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client({ ...server, database: 'postgres' })
  await client.connect()
  await client.query(`create database ${database}`)
  await client.end()
  return { ...server, database }
}

/** A pool that ends with the test file. */
export function poolFor(address: Address, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ ...address, ...options })
  afterAll(() => pool.end())
  return pool
}
