import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { onTestFinished } from 'vitest'

/** What HAProxy 2.6 answered to `show info;show stat app 6 -1`. */
export const recorded = (name: string) => readFileSync(new URL(`./${name}-2.6.txt`, import.meta.url), 'utf8')

const [info = '', table = ''] = recorded('show-backend').split('\n# ')
const columns = table.split('\n')[0]!.split(',')

export interface FakeServer {
  weight: number
  status?: string
  agent?: string
  backup?: boolean
}

/** Answers each line that comes as HAProxy would, until the test ends. */
export async function fakeHaproxy(answer: (line: string) => string) {
  const server = createServer((connection) => {
    connection.on('error', () => {}).once('data', (line) => connection.end(answer(String(line).trim())))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

/** A backend "app" of these servers, which obeys. @returns where it listens, and the weights after each command */
export async function fakeBackend(servers: Record<string, FakeServer>, algorithm = 'roundrobin') {
  const history: Record<string, number>[] = []
  const commands: string[] = []

  function obey(command: string): string {
    if (command === 'show info') return info
    if (command.startsWith('show stat app')) return show()
    commands.push(command)
    const [, name = '', weight] = /^(?:set weight|disable agent) app\/(\S+)(?: (\d+))?$/.exec(command) ?? []
    const server = servers[name]
    if (server === undefined) return 'No such server.\n'
    if (weight === undefined) return ''
    server.weight = Number(weight)
    history.push(Object.fromEntries(Object.entries(servers).map(([name, { weight }]) => [name, weight])))
    return ''
  }

  function show(): string {
    const row = (cells: Record<string, string>) => columns.map((column) => cells[column] ?? '').join(',')
    const rows = Object.entries(servers).map(([svname, { weight, status, agent = '', backup = false }]) =>
      row({
        svname,
        status: status ?? (weight === 0 ? 'DRAIN' : 'UP'),
        uweight: `${weight}`,
        bck: backup ? '1' : '0',
        agent_status: agent,
        mode: 'http',
      }),
    )
    return `# ${[columns.join(','), ...rows, row({ svname: 'BACKEND', status: 'UP', algo: algorithm, mode: 'http' })].join('\n')}\n`
  }

  const socket = await fakeHaproxy((line) => `${line.split(';').map(obey).join('\n')}\n`)
  return { socket, history, commands }
}
