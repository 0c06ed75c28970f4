import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../support/free-port.js'
import { startServer, until } from '../servers.js'

const script = fileURLToPath(new URL('./serve.mjs', import.meta.url))
const require = createRequire(import.meta.url)

/** Whether these tests have to be left out; in CI that is an error. */
export function isUnleashMissing(): boolean {
  if (existsSync(new URL('./node_modules/unleash-server', import.meta.url))) return false
  if (process.env.CI === 'true') throw new Error('Unleash is missing. Run: npm run setup --prefix test/real/unleash')
  return true
}

/** Unleash with its two environments, `development` and `production`. */
export async function startUnleash() {
  const [port, pgPort] = [await freePort(), await freePort()]
  const server = await startServer(process.execPath, async (folder) => {
    // PostgreSQL drops the rights of root, and has to get at its folder then.
    await chmod(folder, 0o755)
    return [script, folder, String(port), String(pgPort)]
  })
  const url = `http://127.0.0.1:${port}`
  const adminToken = '*:*.admin-for-tests'
  await until('Unleash is up', async () => (await fetch(`${url}/health`)).ok).catch(async (error) => {
    await server[Symbol.asyncDispose]()
    throw error
  })
  /** @returns what the Admin API answers */
  const admin = async (method: string, path: string, body?: unknown) => {
    const headers = { authorization: adminToken, 'content-type': 'application/json' }
    const response = await fetch(`${url}/api/admin${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    const text = await response.text()
    return text === '' ? undefined : JSON.parse(text)
  }
  return { ...server, url, adminToken, clientToken: '*:production.client-for-tests', admin }
}

/** What is used of Unleash's own client for applications. */
interface UnleashClient {
  isEnabled(flag: string, context: { userId: string; properties?: Record<string, string> }): boolean
  destroy(): void
}

/** An application in production, which asks for changes five times a second. */
export async function startClient({ url, clientToken }: { url: string; clientToken: string }): Promise<UnleashClient> {
  const { startUnleash, InMemStorageProvider } = require('unleash-client') as {
    startUnleash(config: object): Promise<UnleashClient>
    InMemStorageProvider: new () => object
  }
  return startUnleash({
    url: `${url}/api`,
    appName: 'checkout',
    customHeaders: { authorization: clientToken },
    refreshInterval: 200,
    disableMetrics: true,
    storageProvider: new InMemStorageProvider(),
  })
}
