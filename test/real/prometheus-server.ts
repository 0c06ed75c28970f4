import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../support/free-port.js'
import { type Server, startServer, until } from './servers.js'

export interface MetricsServer extends Server {
  readonly url: string
  /** Waits until everything that the targets have shown by now can be queried. */
  caughtUp(): Promise<void>
}

/** Time between two scrapes, milliseconds. */
export const scrapeMs = 250

async function writeConfig(folder: string, targets: object): Promise<string> {
  const file = join(folder, 'scrape.json') // YAML, as well
  const job = { job_name: 'app', ...targets }
  await writeFile(
    file,
    JSON.stringify({ global: { scrape_interval: `${scrapeMs}ms`, scrape_timeout: '200ms' }, scrape_configs: [job] }),
  )
  return file
}

/** @param targets - `host:port` of services with `/metrics` */
export const startPrometheus = (targets: readonly string[]) => prometheus({ static_configs: [{ targets }] }, targets)

/** @param file - JSON of targets with labels, read again whenever it changes */
export const startPrometheusOn = (file: string) => prometheus({ file_sd_configs: [{ files: [file] }] }, [])

async function prometheus(config: object, targets: readonly string[]): Promise<MetricsServer> {
  const address = `127.0.0.1:${await freePort()}`
  const server = await startServer('prometheus', async (folder) => [
    `--config.file=${await writeConfig(folder, config)}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=${address}`,
    '--enable-feature=native-histograms',
  ])
  return ready(server, `http://${address}`, targets, async () => {})
}

export async function startVictoriaMetrics(targets: readonly string[]): Promise<MetricsServer> {
  const address = `127.0.0.1:${await freePort()}`
  const server = await startServer('victoria-metrics', async (folder) => [
    `-promscrape.config=${await writeConfig(folder, { static_configs: [{ targets }] })}`,
    `-storageDataPath=${join(folder, 'data')}`,
    `-httpListenAddr=${address}`,
    '-retentionPeriod=1d',
    '-search.latencyOffset=0s',
  ])
  return ready(server, `http://${address}`, targets, async () => void (await fetch(`http://${address}/internal/force_flush`)))
}

async function ready(
  server: Server,
  url: string,
  targets: readonly string[],
  flush: () => Promise<void>,
): Promise<MetricsServer> {
  async function numberOf(query: string): Promise<number> {
    await flush()
    const answer = (await (await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)).json()) as {
      data: { result: [{ value: [number, string] }] }
    }
    return Number(answer.data.result[0].value[1])
  }
  await until(`${url} scrapes ${targets}`, async () => (await numberOf('count(up == 1) or vector(0)')) === targets.length)
  return {
    ...server,
    url,
    async caughtUp() {
      const seen = Date.now() / 1000
      await until(`${url} has scraped ${targets}`, async () => (await numberOf('min(timestamp(up))')) > seen)
    },
  }
}
