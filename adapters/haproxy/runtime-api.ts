import { connect } from 'node:net'
import { ReleaseError } from '../../src/vocabulary/errors.js'

/** Where HAProxy's `stats socket` listens. */
export type RuntimeSocket = { readonly path: string } | { readonly host: string; readonly port: number }

/** Commands in one line; HAProxy drops lines that do not fit into its buffer of 16 kB. */
const mostCommands = 50
const mostBytes = 32 * 2 ** 20

/** HAProxy's answer to one line of commands. It closes the connection after each, so there is one for each. */
export async function ask(socket: RuntimeSocket, line: string, signal: AbortSignal): Promise<string> {
  const place = placeOf(socket)
  try {
    const connection = connect({ ...socket, signal })
    connection.write(`${line}\n`)
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of connection) {
      bytes += chunk.length
      if (bytes > mostBytes)
        throw new ReleaseError('adapter/rejected', `${place} answered more than ${mostBytes} bytes.`, { place })
      chunks.push(chunk)
    }
    const answer = Buffer.concat(chunks).toString()
    if (answer.endsWith('\n')) return answer
    throw new ReleaseError('adapter/unavailable', `${place} broke off its answer. See whether HAProxy still runs.`, { place })
  } catch (error) {
    throw ReleaseError.is(error) ? error : unreached(place, error)
  }
}

/**
 * Gives commands that answer with an empty line, or with what is wrong.
 * @throws ReleaseError `adapter/rejected` in HAProxy's own words; commands of the same call may have been obeyed
 */
export async function tell(socket: RuntimeSocket, commands: readonly string[], signal: AbortSignal): Promise<void> {
  for (let start = 0; start < commands.length; start += mostCommands) {
    const line = commands.slice(start, start + mostCommands).join(';')
    const complaint = (await ask(socket, line, signal)).split('\n').find((text) => text.trim() !== '')
    if (complaint === undefined) continue
    const hint = /denied/i.test(complaint) ? ' Give the stats socket "level admin".' : ''
    throw new ReleaseError('adapter/rejected', `${placeOf(socket)} answered ${JSON.stringify(complaint)} to "${line}".${hint}`)
  }
}

const placeOf = (socket: RuntimeSocket) => `HAProxy at ${'path' in socket ? socket.path : `${socket.host}:${socket.port}`}`

function unreached(place: string, cause: unknown): ReleaseError {
  const { code, name } = cause as { code?: string; name?: string }
  if (code === 'EACCES' || code === 'EPERM')
    return new ReleaseError(
      'adapter/rejected',
      `${place} may not be opened by this user. Mend "mode", "user" or "group" of its stats socket.`,
      { place, code },
      { cause },
    )
  return new ReleaseError(
    'adapter/unavailable',
    `${place} does not answer (${code ?? name}). See whether it runs, and whether "stats socket" names this place.`,
    { place },
    { cause },
  )
}
