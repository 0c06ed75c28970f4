import type { CallOptions } from '../../src/ports/call-options.js'
import { ReleaseError } from '../../src/vocabulary/errors.js'
import type { RuntimeSocket } from './runtime-api.js'

export interface HaproxyOptions {
  readonly socket: RuntimeSocket
  /** The backend whose servers are the instances of one unit. */
  readonly backend: string
  /**
   * Names of the backend's servers that run a version now. HAProxy knows servers and no versions, so whoever deploys must
   * tell; none for a version that runs nowhere.
   */
  readonly serversOf: (unit: string, version: string, options: CallOptions) => Promise<readonly string[]>
}

/** What HAProxy lets a name be; so that none can bring in a second command. */
export function checkName(what: string, name: string): void {
  if (/^[A-Za-z0-9_.:-]+$/.test(name)) return
  throw new ReleaseError(
    'adapter/rejected',
    `${JSON.stringify(name)} is not the name of a ${what} in HAProxy. Use letters, digits, "_", ".", ":" and "-".`,
  )
}

/** @throws ReleaseError `adapter/unavailable` when they could not be looked up, `adapter/rejected` for what is no name */
export async function serversOfVersion(
  { serversOf }: HaproxyOptions,
  unit: string,
  version: string,
  call: CallOptions,
): Promise<readonly string[]> {
  const names = await serversOf(unit, version, call).catch((cause) => {
    if (ReleaseError.is(cause)) throw cause
    throw new ReleaseError(
      'adapter/unavailable',
      `The servers of ${unit} ${version} could not be looked up. See to \`serversOf\`, then try again.`,
      { unit, version },
      { cause },
    )
  })
  for (const name of names) checkName('server', name)
  return [...new Set(names)]
}
